import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { emptyConfig } from '../../../local-node/formats/guest-config';
import { GuestStore } from '../../../local-node/guests/guest-store';
import { callApi, startTestNode, type TestNode } from '../test-node';

describe('a guest whose file cannot be read', () => {
  let stateDir: string;
  let lab: TestNode;
  const file = (vmid: number) => join(stateDir, 'etc/pve/qemu-server', `${vmid}.conf`);

  const DAMAGED: readonly (readonly [string, string])[] = [
    ['is no configuration', 'lock: create\n\0\0\0\n'],
    ['is empty', ''],
    ['is cut off', 'cores: 1\nlock: crea'],
    ['gives an option twice', 'lock: backup\nlock: create\n'],
    ['has a drive that is none', 'lock: create\nscsi0: nonsense=1\n'],
  ];

  beforeEach(async () => {
    stateDir = mkdtempSync(join(tmpdir(), 'guest-store-'));
    lab = await startTestNode({ stateDir });
    for (const vmid of ['100', '101']) {
      const upid = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid, scsi0: 'local-lvm:1' });
      await lab.node.tasks.wait(String(upid.data), 30);
    }
  });

  afterEach(async () => {
    await lab.close();
    rmSync(stateDir, { recursive: true, force: true });
  });

  test.each(DAMAGED)('is listed with the reason and loses nothing at a start when it %s', async (_, text) => {
    await lab.close();
    writeFileSync(file(100), text);
    rmSync(join(file(100), '..', '.good'), { recursive: true });
    lab = await startTestNode({ stateDir });

    expect(existsSync(file(100))).toBe(true);
    expect(readdirSync(join(stateDir, 'storage/local-lvm/images/100'))).toHaveLength(1);
    const broken = { vmid: 100, status: 'unknown', fault: expect.stringContaining('cannot be read') };
    for (const path of ['/nodes/pve/qemu', '/cluster/resources?type=vm']) {
      const { status, data } = await callApi(lab, 'GET', path);
      expect(status).toBe(200);
      expect(data).toEqual([
        expect.objectContaining(broken),
        expect.objectContaining({ vmid: 101, status: 'stopped' }),
      ]);
    }
    expect(await callApi(lab, 'GET', '/nodes/pve/qemu/100/config')).toMatchObject({ status: 500 });
  });

  test('is left alone at a start when it is whole and has the lock of one half made', async () => {
    await lab.close();
    appendFileSync(file(100), 'lock: create\n');
    writeFileSync(file(101), 'lock: clone\n');
    lab = await startTestNode({ stateDir });
    expect(lab.node.guests.store.vmids()).toEqual([100]);
    expect(readdirSync(join(stateDir, 'storage/local-lvm/images/100'))).toHaveLength(1);
  });

  test('keeps the base of its disk from being removed', async () => {
    const done = async (method: 'POST' | 'DELETE', path: string, form?: Record<string, string>) => {
      const { data } = await callApi(lab, method, path, form);
      return (await lab.node.tasks.wait(String(data), 30)).exitStatus;
    };
    expect(await done('POST', '/nodes/pve/qemu/100/template')).toBe('OK');
    expect(await done('POST', '/nodes/pve/qemu/100/clone', { newid: '102' })).toBe('OK');
    appendFileSync(file(102), 'cut o');
    expect(await done('DELETE', '/nodes/pve/qemu/100')).toContain('linked clones: 102');
  });

  test('is asked to power off all the same when the node ends', async () => {
    const upid = await callApi(lab, 'POST', '/nodes/pve/qemu/100/status/start');
    await lab.node.tasks.wait(String(upid.data), 30);
    writeFileSync(file(100), '');
    await lab.node.guests.power.shutdownAll(1);
    expect(lab.node.engine.isRunning(100)).toBe(false);
  });

  test('is one again when the file is repaired', async () => {
    writeFileSync(file(100), '');
    expect(lab.node.guests.store.read(100)?.fault).toContain('the file is empty');
    writeFileSync(file(100), 'cores: 3\n');
    expect(lab.node.guests.store.get(100).values.get('cores')).toBe('3');
  });

  test('may be a directory, and nothing beside the files of guests is removed', () => {
    const other = mkdtempSync(join(tmpdir(), 'guest-store-'));
    const directory = join(other, 'etc/pve/qemu-server');
    mkdirSync(join(directory, '100.conf'), { recursive: true });
    for (const name of ['100.conf.damaged', '101.conf.4711.3.new', '101.conf.12.new'])
      writeFileSync(join(directory, name), '');
    const store = new GuestStore(other, 'pve');
    store.start();
    expect([...store.broken()].map(([vmid]) => vmid)).toEqual([100]);
    expect(existsSync(join(directory, '100.conf.damaged'))).toBe(true);
    expect(existsSync(join(directory, '101.conf.4711.3.new'))).toBe(false);
    rmSync(other, { recursive: true, force: true });
  });
});

test('a value that would begin a new line is not written, whoever gives it', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'guest-store-'));
  const store = new GuestStore(stateDir, 'pve');
  store.start();
  const config = emptyConfig(new Map([['ciuser', 'debian\nlock: create']]));
  await expect(store.write(100, config)).rejects.toThrow("detected invalid newline inside property 'ciuser'");
  expect(store.vmids()).toEqual([]);
  rmSync(stateDir, { recursive: true, force: true });
});

test('vmids are taken by one file on the disk, which no guest shares once it is made', async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'guest-store-'));
  const store = new GuestStore(stateDir, 'pve');
  store.start();
  const sync = jest.spyOn(fs, 'fsyncSync');
  const file = (vmid: number) => join(stateDir, 'etc/pve/qemu-server', `${vmid}.conf`);
  expect([100, 101, 102].map((vmid) => store.reserve(vmid, 'create'))).toEqual([true, true, true]);
  expect(store.reserve(101, 'create')).toBe(false);
  expect(sync).toHaveBeenCalledTimes(2); // of that file and its directory
  sync.mockRestore();
  await store.write(100, emptyConfig(new Map([['name', 'web']])));
  store.remove(102);
  expect([file(100), file(101)].map((path) => readFileSync(path, 'utf8'))).toEqual([
    'name: web\n',
    'lock: create\n',
  ]);
  // What somebody writes into the file of a guest that is being made is not what the next begins with.
  appendFileSync(file(101), 'cores: 2\n');
  store.reserve(103, 'create');
  expect(readFileSync(file(103), 'utf8')).toBe('lock: create\n');
  expect(store.vmids()).toEqual([100, 101, 103]);
  rmSync(stateDir, { recursive: true, force: true });
});

describe('the list of all guests', () => {
  let stateDir: string;
  const file = (vmid: number) => join(stateDir, 'etc/pve/qemu-server', `${vmid}.conf`);
  const cores = (store: GuestStore) =>
    [...store.all()].map(([vmid, { config }]) => [vmid, config?.values.get('cores')]);

  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'guest-store-'));
  });

  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(stateDir, { recursive: true, force: true });
  });

  test('shows each change of the node at once', async () => {
    const store = new GuestStore(stateDir, 'pve');
    store.start();
    for (const count of ['1', '2', '3']) {
      await store.write(100, emptyConfig(new Map([['cores', count]])));
      expect(cores(store)).toEqual([[100, count]]);
    }
    store.reserve(101, 'create');
    expect(cores(store)).toEqual([
      [100, '3'],
      [101, undefined],
    ]);
    store.remove(100);
    expect(cores(store)).toEqual([[101, undefined]]);
  });

  test('shows what others write into a file within a second, and a file of theirs at once', () => {
    const store = new GuestStore(stateDir, 'pve');
    store.start();
    const now = jest.spyOn(performance, 'now').mockReturnValue(10_000);
    writeFileSync(file(100), 'cores: 1\n');
    expect(cores(store)).toEqual([[100, '1']]);
    writeFileSync(file(101), 'cores: 2\n');
    writeFileSync(file(100), 'cores: 16\n');
    expect(store.get(100).values.get('cores')).toBe('16');
    writeFileSync(file(100), 'cores: 8\n');
    now.mockReturnValue(11_000);
    expect(cores(store)).toEqual([
      [100, '8'],
      [101, '2'],
    ]);
  });
});

test("each guest's file is read once at a start, and what was read is known afterwards", async () => {
  const directory = mkdtempSync(join(tmpdir(), 'guest-store-'));
  const logger = pino({ level: 'silent' });
  const first = new GuestStore(directory, 'pve');
  first.start();
  const path = (vmid: number) => join(directory, 'etc/pve/qemu-server', `${vmid}.conf`);
  for (const vmid of [100, 101]) {
    await first.write(vmid, emptyConfig(new Map([['name', `guest-${vmid}`]])));
    utimesSync(path(vmid), 1, 1);
  }
  // A file that has just changed might change again without a trace; those of a node that starts lie there for long.
  const now = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000);
  const store = new GuestStore(directory, 'pve');
  store.start();
  const read = jest.spyOn(fs, 'readFileSync');
  await store.mend(logger);
  expect([...store.broken()]).toEqual([]);
  expect([...store.readable()].map(([vmid]) => vmid)).toEqual([100, 101]);
  const reads = read.mock.calls.map(([file]) => String(file));
  expect(reads.filter((file) => /qemu-server\/\d+\.conf$/.test(file))).toEqual([path(100), path(101)]);
  read.mockRestore();
  now.mockRestore();
  appendFileSync(path(100), 'cores: 2\n');
  expect(store.get(100).values.get('cores')).toBe('2');
  rmSync(directory, { recursive: true });
});
