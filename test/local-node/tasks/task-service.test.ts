import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatUpid, parseUpid } from '../../../local-node/formats/upid';
import { callApi, startTestNode } from '../test-node';

const ROOT = { userId: 'root@pam' };

describe('UPIDs', () => {
  test('survive being written and read, with a token and odd ids', () => {
    const upid = {
      ...{ node: 'pve', pid: 1, pstart: 0xabc, starttime: 0x6b032de1, type: 'imgdel', id: '200@local-lvm' },
      caller: { userId: 'tf@pve', tokenId: 't1' },
    };
    expect(formatUpid(upid)).toBe('UPID:pve:00000001:00000ABC:6B032DE1:imgdel:200@local-lvm:tf@pve!t1:');
    expect(parseUpid(formatUpid(upid))).toEqual(upid);
    const odd = { ...upid, id: '../a:b c' };
    expect(formatUpid(odd)).not.toContain('/');
    expect(parseUpid(formatUpid(odd))).toEqual(odd);
  });

  test('never name a path', () => {
    expect(parseUpid('UPID:pve:00000001:00000001:60000000:x/../y:1:root@pam:')).toBeUndefined();
    expect(parseUpid('../../etc/passwd')).toBeUndefined();
  });
});

describe('tasks', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tasks-'));
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  test('end as OK, with warnings, or with the message of what went wrong', async () => {
    const { node, close } = await startTestNode({ stateDir });
    const end = async (worker: Parameters<typeof node.tasks.run>[3]) =>
      (await node.tasks.wait(node.tasks.run('test', '1', ROOT, worker), 5)).exitStatus;
    expect(await end(async () => {})).toBe('OK');
    expect(await end(async ({ warn }) => warn('odd'))).toBe('WARNINGS: 1');
    expect(
      await end(async () => {
        throw new Error('disk is full\nof bytes');
      }),
    ).toBe('disk is full of bytes');
    await close();
  });

  test('a status is held open until its task ends, and no longer than asked', async () => {
    const lab = await startTestNode({ stateDir });
    let finish = () => {};
    const upid = lab.node.tasks.run(
      'test',
      '2',
      ROOT,
      () =>
        new Promise<void>((resolve) => {
          finish = resolve;
        }),
    );
    expect((await lab.node.tasks.wait(upid, 0)).exitStatus).toBeUndefined();
    const status = callApi(lab, 'GET', `/nodes/pve/tasks/${encodeURIComponent(upid)}/status`);
    const first = await Promise.race([status, lab.node.tasks.wait(upid, 0.01).then(() => 'still held')]);
    expect(first).toBe('still held');
    finish();
    expect((await status).data).toMatchObject({ status: 'stopped', exitstatus: 'OK', type: 'test', id: '2' });
    await lab.close();
  });

  test('a task can be stopped', async () => {
    const lab = await startTestNode({ stateDir });
    const upid = lab.node.tasks.run(
      'test',
      '3',
      ROOT,
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
        }),
    );
    await callApi(lab, 'DELETE', `/nodes/pve/tasks/${encodeURIComponent(upid)}`);
    expect((await lab.node.tasks.wait(upid, 5)).exitStatus).toBe('interrupted by signal');
    await lab.close();
  });

  test('logs outlive a restart, and a task that was cut off is shown as such', async () => {
    const first = await startTestNode({ stateDir });
    const upid = first.node.tasks.run('test', '4', ROOT, async ({ log }) => log('half\nway'));
    await first.node.tasks.wait(upid, 5);
    await first.close();
    const cut = 'UPID:pve:00000001:00000001:60000000:qmclone:100:root@pam:';
    writeFileSync(join(stateDir, 'log', 'tasks', cut), 'create full clone\n');

    const { node, close } = await startTestNode({ stateDir });
    expect(node.tasks.log(upid)).toEqual(['half', 'way', 'TASK OK']);
    expect(node.tasks.get(upid).exitStatus).toBe('OK');
    expect(node.tasks.get(cut).exitStatus).toBe('unexpected status');
    await close();
  });

  test('no more than a thousand are kept', async () => {
    const { node, close } = await startTestNode({ stateDir });
    const upids = Array.from({ length: 1010 }, () => node.tasks.run('test', '5', ROOT, async () => {}));
    for (const upid of upids) if (node.tasks.knows(upid)) await node.tasks.wait(upid, 5);
    expect(node.tasks.list()).toHaveLength(1000);
    expect(new Set(upids).size).toBe(1010);
    await close();
  });

  test('a user sees his own tasks, an auditor all', async () => {
    const lab = await startTestNode({ stateDir });
    await callApi(lab, 'POST', '/access/users', { userid: 'ann@pve' });
    const made = await callApi(lab, 'POST', '/access/users/ann@pve/token/t1', { privsep: '0' });
    const headers = { authorization: `PVEAPIToken=ann@pve!t1=${(made.data as { value: string }).value}` };
    const [mine, theirs] = [{ userId: 'ann@pve', tokenId: 't1' }, ROOT].map((caller) =>
      lab.node.tasks.run('test', '6', caller, async () => {}),
    );
    await lab.node.tasks.wait(mine ?? '', 5);
    const rows = (await callApi(lab, 'GET', '/nodes/pve/tasks', undefined, headers)).data as {
      upid: string;
    }[];
    expect(rows.map(({ upid }) => upid)).toEqual([mine]);
    const path = `/nodes/pve/tasks/${encodeURIComponent(theirs ?? '')}/status`;
    expect((await callApi(lab, 'GET', path, undefined, headers)).status).toBe(403);
    await lab.close();
  });
});
