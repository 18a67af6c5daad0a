import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { type ApiServer, listen } from '../../../local-node/api/server';
import { callApi, PASSWORD, startTestNode, type TestNode } from '../test-node';

describe('HTTP', () => {
  let lab: TestNode;
  beforeAll(async () => {
    lab = await startTestNode();
  });
  afterAll(() => lab.close());

  test('a slash at the end, double slashes and escaped segments make no difference', async () => {
    for (const path of ['/version', '/version/', '//version', '/%76ersion']) {
      expect((await callApi(lab, 'GET', path)).status).toBe(200);
    }
  });

  test('a call under a foreign host name is refused, and one under an address, localhost or a known name is not', async () => {
    const named = await startTestNode({ hosts: ['lab.example.org'] });
    const status = async (host: string, path = '/api2/json/version') => {
      const headers = { host, authorization: `PVEAPIToken=${named.token}` };
      return (await named.app.inject({ method: 'GET', url: path, headers })).statusCode;
    };
    const good = [
      '127.0.0.1',
      '127.0.0.1:8006',
      '10.0.2.2',
      '[::1]:8006',
      'localhost:8006',
      'LOCALHOST',
      'pve:8006',
    ];
    for (const host of [...good, 'lab.example.org', 'lab.example.org.:8006']) {
      expect([host, await status(host)]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.example',
      'evil.example:8006',
      '127.0.0.1.evil.example',
      'xlocalhost',
      '[',
      'pve.evil',
    ]) {
      expect([host, await status(host)]).toEqual([host, 421]);
      expect(await status(host, '/elsewhere')).toBe(421);
    }
    await named.close();
  });

  test('a broken escape in the path is an error of the caller', async () => {
    const answer = await lab.app.inject({ method: 'GET', url: '/api2/json/%zz' });
    expect(answer.statusCode).toBe(400);
  });

  test('what is not supported says so', async () => {
    expect(await callApi(lab, 'GET', '/nodes/pve/ceph')).toMatchObject({
      status: 501,
      message: "Method 'GET /nodes/pve/ceph' not implemented",
    });
  });

  test('nobody without a ticket or a token learns which paths there are', async () => {
    for (const path of ['/version', '/nope']) {
      expect(await callApi(lab, 'GET', path, undefined, {})).toMatchObject({
        status: 401,
        reason: 'No ticket',
      });
    }
  });

  test('a wrong token is told apart from an unknown one, without the secret', async () => {
    const call = (token: string) =>
      callApi(lab, 'GET', '/version', undefined, { authorization: `PVEAPIToken=${token}` });
    expect(await call('root@pam!lab=00000000-0000-0000-0000-000000000000')).toMatchObject({
      status: 401,
      reason: 'invalid token value!',
    });
    expect(await call('root@pam!none=x')).toMatchObject({ status: 401, reason: 'no such token' });
  });

  test('who has not logged in sends no file and no large form', async () => {
    const login = (type: string, payload: string) =>
      lab.app.inject({
        method: 'POST',
        url: '/api2/json/access/ticket',
        headers: { 'content-type': type },
        payload,
      });
    const part = 'Content-Disposition: form-data; name="username"; filename="a"';
    const file = `--x\r\n${part}\r\n\r\n${'a'.repeat(4096)}\r\n--x--\r\n`;
    expect((await login('multipart/form-data; boundary=x', file)).statusCode).toBe(506);
    expect(existsSync(join(lab.node.stateDir, 'tmp'))).toBe(false);

    const form = `username=root@pam&password=${'a'.repeat(100_000)}`;
    expect((await login('application/x-www-form-urlencoded', form)).statusCode).toBe(501);
  });

  test('a refused upload leaves nothing, however its content type is spelt', async () => {
    const part = 'Content-Disposition: form-data; name="filename"; filename="a.iso"';
    for (const type of ['multipart/form-data; boundary=x', 'Multipart/Form-Data; boundary=x']) {
      const answer = await lab.app.inject({
        method: 'POST',
        url: '/api2/json/nodes/pve/storage/local/upload',
        headers: { 'content-type': type, authorization: `PVEAPIToken=${lab.token}` },
        payload: `--x\r\n${part}\r\n\r\n${'a'.repeat(4096)}\r\n--x--\r\n`,
      });
      expect(answer.statusCode).toBe(400);
    }
    expect(readdirSync(join(lab.node.stateDir, 'tmp'))).toEqual([]);
  });

  test('a ticket reads alone, and writes only with its CSRF token', async () => {
    const login = await callApi(
      lab,
      'POST',
      '/access/ticket',
      { username: 'root@pam', password: PASSWORD },
      {},
    );
    const { ticket, CSRFPreventionToken } = login.data as Record<string, string>;
    const cookie = `PVEAuthCookie=${encodeURIComponent(ticket ?? '')}`;
    expect((await callApi(lab, 'GET', '/nodes', undefined, { cookie })).status).toBe(200);
    const form = { groupid: 'g1' };
    expect(await callApi(lab, 'POST', '/access/groups', form, { cookie })).toMatchObject({ status: 401 });
    const csrf = { cookie, csrfpreventiontoken: CSRFPreventionToken ?? '' };
    expect((await callApi(lab, 'POST', '/access/groups', form, csrf)).status).toBe(200);
  });

  test('a ticket ends after two hours', async () => {
    const { ticket } = lab.node.access.ticket('root@pam');
    const cookie = `PVEAuthCookie=${encodeURIComponent(ticket)}`;
    lab.clock.seconds += 2 * 3600 - 1;
    expect((await callApi(lab, 'GET', '/version', undefined, { cookie })).status).toBe(200);
    lab.clock.seconds += 2;
    expect((await callApi(lab, 'GET', '/version', undefined, { cookie })).status).toBe(401);
  });

  test('a body that is too large is refused before it is held', async () => {
    const answer = await lab.app.inject({
      method: 'POST',
      url: '/api2/json/access/groups',
      headers: {
        authorization: `PVEAPIToken=${lab.token}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      payload: `groupid=${'x'.repeat(2 * 1024 * 1024)}`,
    });
    expect(answer.statusCode).toBe(501);
  });
});

describe('TLS', () => {
  let lab: TestNode;
  let server: ApiServer;
  beforeAll(async () => {
    lab = await startTestNode();
    server = await listen(lab.node, { port: 0 });
  });
  afterAll(async () => {
    await server.close();
    await lab.close();
  });

  test('curl trusts the certificate by its file and speaks HTTP/1.1', async () => {
    const { stdout } = await promisify(execFile)('curl', [
      ...['--silent', '--cacert', server.caFile, '--write-out', '%{http_version}'],
      ...['--header', `Authorization: PVEAPIToken=${lab.token}`, `${server.endpoint}/api2/json/version`],
    ]);
    expect(stdout).toContain('"release":"9.1"');
    expect(stdout.endsWith('1.1')).toBe(true);
  });

  test('versions before TLS 1.3 are refused', async () => {
    const ca = readFileSync(server.caFile);
    const failed = new Promise<string>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: server.port, ca, maxVersion: 'TLSv1.2' }, () => {
        socket.destroy();
        resolve('connected');
      });
      socket.on('error', () => resolve('refused'));
    });
    expect(await failed).toBe('refused');
  });

  test('a port in use is told as such', async () => {
    await expect(listen(lab.node, { port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
