import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, startTestNode, type TestNode } from './test-node';

const FILES = [
  'pve/user.cfg',
  'pve/storage.cfg',
  'pve/priv/authkey.key',
  'pve/priv/shadow.cfg',
  'pve/priv/token.cfg',
  'network/interfaces',
];

async function summary(lab: TestNode): Promise<unknown> {
  const paths = ['/access/users', '/pools', '/storage', '/nodes/pve/network'];
  return Promise.all(paths.map(async (path) => (await callApi(lab, 'GET', path)).data));
}

describe('a node whose files are damaged', () => {
  let stateDir: string;
  const path = (name: string) => join(stateDir, 'etc', name);

  beforeEach(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'damaged-'));
    const lab = await startTestNode({ stateDir });
    await callApi(lab, 'POST', '/access/users', { userid: 'a@pve', comment: 'one' });
    await callApi(lab, 'POST', '/pools', { poolid: 'lab' });
    await callApi(lab, 'POST', '/storage', {
      storage: 'more',
      type: 'dir',
      path: join(stateDir, 'storage/more'),
    });
    await callApi(lab, 'POST', '/nodes/pve/network', { iface: 'vmbr9', type: 'bridge', autostart: '1' });
    await lab.node.tasks.wait(String((await callApi(lab, 'PUT', '/nodes/pve/network')).data), 30);
    await lab.close();
  });
  afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

  test.each(FILES)('has all it had when half of %s is left', async (name) => {
    let lab = await startTestNode({ stateDir });
    const before = await summary(lab);
    const { ticket } = lab.node.access.ticket('a@pve');
    await lab.close();
    const text = readFileSync(path(name), 'utf8');
    writeFileSync(path(name), text.slice(0, text.length / 2));

    lab = await startTestNode({ stateDir });
    expect(await summary(lab)).toEqual(before);
    expect(lab.node.access.ticketCaller(ticket)).toEqual({ userId: 'a@pve' });
    expect(readFileSync(`${path(name)}.damaged`, 'utf8')).toBe(text.slice(0, text.length / 2));
    await lab.close();
  });

  test.each(FILES)('starts and keeps %s aside when neither it nor its copy can be read', async (name) => {
    rmSync(join(path(name), '..', '.good'), { recursive: true });
    writeFileSync(path(name), 'nonsense');
    const lab = await startTestNode({ stateDir });
    expect((await callApi(lab, 'GET', '/cluster/resources')).status).toBe(200);
    expect(readFileSync(`${path(name)}.damaged`, 'utf8')).toBe('nonsense');
    await lab.close();
  });

  test('keeps no bridge that was taken away and applied', async () => {
    let lab = await startTestNode({ stateDir });
    await callApi(lab, 'DELETE', '/nodes/pve/network/vmbr9');
    await lab.node.tasks.wait(String((await callApi(lab, 'PUT', '/nodes/pve/network')).data), 30);
    await lab.close();
    lab = await startTestNode({ stateDir });
    expect((await callApi(lab, 'GET', '/nodes/pve/network')).data).toEqual([]);
    expect(existsSync(`${path('network/interfaces')}.damaged`)).toBe(false);
    await lab.close();
  });
});

test('what a crash has left half written goes at the next start, and nothing else does', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'half-written-'));
  await (await startTestNode({ stateDir: directory })).close();
  const half = ['etc/pve/user.cfg.12.3.new', 'etc/pve/priv/.good/shadow.cfg.12.3.new', 'rrd.jsonl.1.1.new'];
  const kept = ['etc/network/interfaces.new', 'etc/pve/mine.new', 'storage/local/template/iso/a.1.2.new'];
  writeFileSync(join(directory, 'etc/network/interfaces.new'), '\n');
  for (const name of [...half, ...kept.slice(1)]) writeFileSync(join(directory, name), 'x');
  const lab = await startTestNode({ stateDir: directory });
  expect(half.filter((name) => existsSync(join(directory, name)))).toEqual([]);
  expect(kept.filter((name) => existsSync(join(directory, name)))).toEqual(kept);
  await lab.close();
  rmSync(directory, { recursive: true, force: true });
});
