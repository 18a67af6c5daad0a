import fs, { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { newUser } from '../../../local-node/formats/user-config';
import { callApi, PASSWORD, startTestNode } from '../test-node';

describe('users and tokens', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'access-'));
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  test('outlive a restart, secrets included, in files for their owner only', async () => {
    const first = await startTestNode({ stateDir });
    await callApi(first, 'POST', '/access/users', {
      userid: 'ann@pve',
      password: 'long enough',
      comment: 'x:y',
    });
    const made = await callApi(first, 'POST', '/access/users/ann@pve/token/t1', { privsep: '0' });
    const secret = (made.data as { value: string }).value;
    await first.close();

    const second = await startTestNode({ stateDir });
    expect(second.token).toBe(first.token);
    expect(await second.node.access.login('ann@pve', 'long enough')).toEqual({ userId: 'ann@pve' });
    expect(await second.node.access.login('ann@pve', 'long enougx')).toBeUndefined();
    expect(second.node.access.tokenCaller(`ann@pve!t1=${secret}`)).toEqual({
      userId: 'ann@pve',
      tokenId: 't1',
    });
    for (const name of ['user.cfg', 'priv/shadow.cfg', 'priv/token.cfg', 'priv/authkey.key']) {
      expect(statSync(join(stateDir, 'etc', 'pve', name)).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(join(stateDir, 'etc', 'pve', 'priv', 'shadow.cfg'), 'utf8')).not.toContain(
      'long enough',
    );
    expect(readFileSync(join(stateDir, 'etc', 'pve', 'user.cfg'), 'utf8')).not.toContain(secret);
    await second.close();
  });

  test('a deleted user leaves no secret, no token and no ACL behind', async () => {
    const lab = await startTestNode({ stateDir });
    await callApi(lab, 'PUT', '/access/acl', { path: '/', users: 'ann@pve', roles: 'PVEAuditor' });
    await callApi(lab, 'DELETE', '/access/users/ann@pve');
    const left = ['user.cfg', 'priv/shadow.cfg', 'priv/token.cfg']
      .map((name) => readFileSync(join(stateDir, 'etc', 'pve', name), 'utf8'))
      .join('');
    expect(left).not.toContain('ann@pve');
    await lab.close();
  });

  test('changes made at once are all kept', async () => {
    const lab = await startTestNode({ stateDir });
    const ids = Array.from({ length: 20 }, (_, index) => `group${index}`);
    await Promise.all(ids.map((groupid) => callApi(lab, 'POST', '/access/groups', { groupid })));
    const rows = (await callApi(lab, 'GET', '/access/groups')).data as { groupid: string }[];
    expect(rows.map(({ groupid }) => groupid).sort()).toEqual(ids.sort());
    await lab.close();
  });

  test('a disabled or expired user is nobody', async () => {
    const lab = await startTestNode({ stateDir });
    await callApi(lab, 'PUT', '/access/users/root@pam', { expire: String(lab.clock.seconds - 1) });
    expect(await lab.node.access.login('root@pam', PASSWORD)).toBeUndefined();
    expect((await callApi(lab, 'GET', '/version')).status).toBe(401);
    await lab.close();
  });

  test('root and the token of the lab, once shut out, are let in again at the next start, which says so', async () => {
    const said: string[] = [];
    const logger = pino({}, { write: (line) => said.push(line) });
    const first = await startTestNode({ stateDir });
    await callApi(first, 'PUT', '/access/users/root@pam/token/lab', { privsep: '1', expire: '1' });
    await first.node.access.update((config) =>
      config.users.set('root@pam', { ...newUser(), ...config.users.get('root@pam'), enable: false }),
    );
    expect((await callApi(first, 'GET', '/version')).status).toBe(401);
    await first.close();
    const second = await startTestNode({ stateDir, logger });
    expect(second.token).toBe(first.token);
    const made = await callApi(second, 'POST', '/access/users', { userid: 'new@pve' });
    expect([made.status, made.message]).toEqual([200, undefined]);
    expect(said.join('')).toContain('root@pam was disabled or had expired; it is enabled again');
    expect(said.join('')).toContain("root@pam's token lab did not open all");
    await second.close();
  });

  test('a password or token that cannot be written is not taken: the old one goes on', async () => {
    const lab = await startTestNode();
    const full = () => Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    const rename = jest.spyOn(fs.promises, 'rename').mockImplementation(full);
    await expect(lab.node.access.setPassword('root@pam', 'another password')).rejects.toThrow('ENOSPC');
    await expect(lab.node.access.newTokenSecret('root@pam', 'lab')).rejects.toThrow('ENOSPC');
    rename.mockRestore();
    expect(await lab.node.access.login('root@pam', 'another password')).toBeUndefined();
    expect(await lab.node.access.login('root@pam', PASSWORD)).toEqual({ userId: 'root@pam' });
    expect((await callApi(lab, 'GET', '/version')).status).toBe(200);
    await lab.close();
  });

  test('who may change users does not become root by it', async () => {
    const lab = await startTestNode();
    await callApi(lab, 'POST', '/access/users', { userid: 'eve@pve' });
    await callApi(lab, 'PUT', '/access/acl', { path: '/access', users: 'eve@pve', roles: 'PVEUserAdmin' });
    const made = await callApi(lab, 'POST', '/access/users/eve@pve/token/t1', { privsep: '0' });
    const headers = { authorization: `PVEAPIToken=eve@pve!t1=${(made.data as { value: string }).value}` };
    const call = (method: 'POST' | 'PUT' | 'DELETE', path: string, form?: Record<string, string>) =>
      callApi(lab, method, path, form, headers).then(({ status }) => status);
    expect(await call('POST', '/access/users', { userid: 'new@pve' })).toBe(200);
    expect(await call('POST', '/access/users/root@pam/token/t1', { privsep: '0' })).toBe(403);
    expect(await call('PUT', '/access/password', { userid: 'root@pam', password: 'eve knows it' })).toBe(403);
    expect(await call('PUT', '/access/users/root@pam', { enable: '0' })).toBe(403);
    expect(await call('DELETE', '/access/users/root@pam')).toBe(403);
    expect(await call('DELETE', '/access/users/root@pam/token/lab')).toBe(403);
    await lab.close();
  });
});
