import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../machine/command';
import { callApi, startTestNode, type TestNode } from '../test-node';
import { backups, done, dumps, makeContainer, task } from './backup-lab';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  await makeContainer(lab);
});

afterEach(() => lab.close());

const vzdump = (form: Readonly<Record<string, string>>) =>
  task(lab, 'POST', '/nodes/pve/vzdump', { vmid: '131', storage: 'local', ...form });
const words = (log: readonly string[]) => log.map((line) => line.replace(/^INFO: /, ''));
const archiveOf = async () => (await backups(lab))[0]?.volid ?? '';

test('a stopped container is backed up in the words of Proxmox VE', async () => {
  const log = await vzdump({ mode: 'stop', compress: 'zstd', protected: '1' });
  expect(words(log)).toEqual([
    expect.stringContaining('starting new backup job: vzdump 131 --'),
    'Starting Backup of VM 131 (lxc)',
    expect.stringMatching(/^Backup started at /),
    'status = stopped',
    'backup mode: stop',
    'ionice priority: 7',
    'CT Name: bct',
    "including mount point rootfs ('/') in backup",
    expect.stringMatching(/^creating vzdump archive '.*\.tar\.zst'$/),
    expect.stringMatching(/^Total bytes written: \d+ \([\d.]+\w?i?B, [\d.]+\w?i?B\/s\)$/),
    'archive file size: 0MB',
    'marking backup as protected',
    expect.stringMatching(/^Finished Backup of VM 131/),
    expect.stringMatching(/^Backup finished at /),
    'Backup job finished successfully',
    'TASK OK',
  ]);
  expect(await backups(lab)).toMatchObject([{ format: 'tar.zst', subtype: 'lxc', vmid: 131, protected: 1 }]);
});

test('the archive holds the root file system and the configuration', async () => {
  await vzdump({ compress: 'gzip' });
  const path = lab.node.storage.volume(await archiveOf()).path;
  const names = (await run(['tar', '-tzf', path])).split('\n');
  expect(names).toEqual(
    expect.arrayContaining(['./etc/vzdump/pct.conf', './', './simulated', './etc/ssh/ssh_host_rsa_key']),
  );
  const volume = encodeURIComponent(await archiveOf());
  const { data } = await callApi(lab, 'GET', `/nodes/pve/vzdump/extractconfig?volume=${volume}`);
  expect(data).toMatch(/^arch: amd64\nfeatures: nesting=1\nhostname: bct\n/);
  expect(data).not.toContain('lock');
});

test('a running container whose snapshot is asked for is suspended instead, as of a directory', async () => {
  await done(lab, 'POST', '/nodes/pve/lxc/131/status/start');
  const log = words(await vzdump({ mode: 'snapshot' }));
  const from = log.indexOf('status = running');
  expect(log.slice(from + 1, from + 6)).toEqual([
    'CT Name: bct',
    "including mount point rootfs ('/') in backup",
    'mode failure - some volumes do not support snapshots',
    "trying 'suspend' mode instead",
    'backup mode: suspend',
  ]);
  const order = [/^starting first sync/, /^first sync finished/, /^suspending/, /^starting final sync/];
  const all = [...order, /^final sync finished/, /^resuming/, /^guest is online again after <1 seconds$/];
  const places = all.map((word) => log.findIndex((line) => word.test(line)));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
  expect(lab.node.guests.containers.engine.isRunning(131)).toBe(true);
  expect(dumps(lab)).toHaveLength(1);
});

test('in the mode stop a running container is started again', async () => {
  await done(lab, 'POST', '/nodes/pve/lxc/131/status/start');
  const log = words(await vzdump({ mode: 'stop' }));
  const expected = ['stopping virtual guest', 'restarting vm', 'guest is online again after <1 seconds'];
  expect(log).toEqual(expect.arrayContaining(expected));
  expect(lab.node.guests.containers.engine.isRunning(131)).toBe(true);
});

test('older backups go by the retention, the protected ones stay', async () => {
  for (const safe of ['1', '0', '0']) {
    await vzdump({ mode: 'stop', protected: safe });
    lab.clock.seconds += 60;
  }
  const before = (await backups(lab)).map(({ volid }) => volid).sort();
  const log = words(await vzdump({ 'prune-backups': 'keep-last=2' }));
  const removed = [
    `removing backup '${before[1]}'`,
    'pruned 1 backup(s) not covered by keep-retention policy',
  ];
  expect(log).toEqual(
    expect.arrayContaining(['prune older backups with retention: keep-last=2', ...removed]),
  );
  expect(await backups(lab)).toHaveLength(3);
  lab.clock.seconds += 60;
  await vzdump({ 'prune-backups': 'keep-last=1', remove: '0' });
  expect(await backups(lab)).toHaveLength(4);
  const query = 'prune-backups=keep-last%3D1';
  const { data } = await callApi(lab, 'GET', `/nodes/pve/storage/local/prunebackups?${query}`);
  expect((data as { mark: string }[]).map(({ mark }) => mark)).toEqual([
    'protected',
    'remove',
    'remove',
    'keep',
  ]);
  await done(lab, 'DELETE', `/nodes/pve/storage/local/prunebackups?${query}&vmid=131`);
  expect(await backups(lab)).toHaveLength(2);
});

test('notes and protection of a backup are changed, and what is protected is not removed', async () => {
  await vzdump({});
  const path = `/nodes/pve/storage/local/content/${encodeURIComponent(await archiveOf())}`;
  await callApi(lab, 'PUT', path, { notes: 'my notes', protected: '1' });
  expect((await callApi(lab, 'GET', path)).data).toMatchObject({
    notes: 'my notes',
    protected: 1,
    format: 'raw',
  });
  expect((await task(lab, 'DELETE', path)).at(-1)).toMatch(
    /^TASK ERROR: cannot remove protected volume 'backup\/vzdump-lxc-131-.*\.tar' on 'local'$/,
  );
  await callApi(lab, 'PUT', path, { protected: '0' });
  expect((await callApi(lab, 'GET', path)).data).toMatchObject({ notes: 'my notes', protected: 0 });
  await done(lab, 'DELETE', path);
  expect(existsSync(join(lab.node.stateDir, 'storage', 'local', 'dump'))).toBe(false);
});

test('a container is restored under a new number, and over a stopped one with force', async () => {
  await vzdump({ compress: 'zstd' });
  const restore = { ostemplate: await archiveOf(), restore: '1' };
  const log = await done(lab, 'POST', '/nodes/pve/lxc', { ...restore, vmid: '132', unique: '1' });
  expect(log).toEqual([
    `recovering backed-up configuration from '${restore.ostemplate}'`,
    `restoring '${restore.ostemplate}' now..`,
    expect.stringMatching(/^extracting archive '.*'$/),
    expect.stringMatching(/^Total bytes read: \d+ \(/),
    'merging backed-up and given configuration..',
    'TASK OK',
  ]);
  const config = async () =>
    (await callApi(lab, 'GET', '/nodes/pve/lxc/132/config')).data as Record<string, unknown>;
  const first = await config();
  const old = lab.node.guests.containers.store.get(131).values;
  expect(first).toMatchObject({
    hostname: 'bct',
    memory: 512,
    rootfs: 'local-lvm:132/subvol-132-disk-0.subvol,size=2G',
  });
  expect(first.net0).not.toBe(old.get('net0'));
  expect(await callApi(lab, 'POST', '/nodes/pve/lxc', { ...restore, vmid: '132' })).toMatchObject({
    status: 500,
    message: "CT 132 already exists on node 'pve'\n",
  });
  await done(lab, 'POST', '/nodes/pve/lxc', {
    ...restore,
    vmid: '132',
    force: '1',
    hostname: 'renamed',
    start: '1',
  });
  expect(await config()).toMatchObject({
    hostname: 'renamed',
    net0: old.get('net0'),
    rootfs: expect.stringContaining('disk-1'),
  });
  const images = join(lab.node.stateDir, 'storage', 'local-lvm', 'images', '132');
  expect(existsSync(join(images, 'subvol-132-disk-0.subvol'))).toBe(false);
  expect(await callApi(lab, 'POST', '/nodes/pve/lxc', { ...restore, vmid: '132', force: '1' })).toMatchObject(
    {
      status: 500,
      message: "can't overwrite running container\n",
    },
  );
});

test('a backup that is not there fails the restore, and leaves nothing', async () => {
  const ostemplate = 'local:backup/vzdump-lxc-131-2020_01_01-00_00_00.tar.zst';
  const log = await task(lab, 'POST', '/nodes/pve/lxc', {
    vmid: '133',
    ostemplate,
    restore: '1',
    storage: 'local-lvm',
  });
  expect(log).toEqual([
    `recovering backed-up configuration from '${ostemplate}'`,
    `TASK ERROR: unable to restore CT 133 - volume '${ostemplate}' does not exist`,
  ]);
  expect(lab.node.guests.containers.has(133)).toBe(false);
});

test.each([
  [
    'an unknown guest',
    { vmid: '999' },
    /job errors/,
    "ERROR: Backup of VM 999 failed - unable to find VM '999'",
  ],
  ['an unknown storage', { storage: 'nope' }, /could not activate storage 'nope'/, undefined],
  ['a storage without backups', { storage: 'local-lvm' }, /for backups - wrong content type/, undefined],
])('a backup of %s fails in its task', async (_what, form, end, line) => {
  const log = await vzdump(form);
  expect(log.at(-1)).toMatch(end);
  if (line !== undefined) expect(log).toContain(line);
});

test('of several guests one that fails is no reason to leave out the others', async () => {
  const log = await vzdump({ vmid: '999,131' });
  expect(words(log)).toEqual(
    expect.arrayContaining(['Backup job finished with errors', 'TASK ERROR: job errors']),
  );
  expect(await backups(lab)).toHaveLength(1);
});

test.each([
  [{ storage: 'local' }, { vmid: 'property is missing' }],
  [{ vmid: '131', all: '1' }, { all: "option conflicts with option 'vmid'" }],
  [
    { vmid: '131', storage: 'local', 'notes-template': '{{nope}}' },
    { 'notes-template': expect.stringMatching(/'nope' at char 4/) },
  ],
])('faults of a request are told at once', async (form, errors) => {
  expect(await callApi(lab, 'POST', '/nodes/pve/vzdump', form)).toMatchObject({ status: 400, errors });
});

test('what the local node does not do with backups is refused by name', async () => {
  const refusal = await callApi(lab, 'POST', '/nodes/pve/vzdump', { vmid: '131', fleecing: 'enabled=1' });
  expect(refusal).toMatchObject({
    status: 501,
    message: expect.stringMatching(/^'fleecing' is not supported/),
  });
});

test('a second backup waits for the first', async () => {
  const start = async () => {
    const { data } = await callApi(lab, 'POST', '/nodes/pve/vzdump', {
      all: '1',
      storage: 'local',
      mode: 'stop',
    });
    return String(data);
  };
  const first = await start();
  const second = await start();
  lab.clock.seconds += 1;
  await lab.node.tasks.wait(second, 30);
  expect(lab.node.tasks.log(first)).not.toContain('INFO: got global lock');
  expect(lab.node.tasks.log(second).slice(0, 2)).toEqual([
    'INFO: trying to get global lock - waiting...',
    'INFO: got global lock',
  ]);
});
