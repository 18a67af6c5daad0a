import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../machine/command';
import { callApi, startTestNode, type TestNode } from '../test-node';
import { backups, diskOf, done, dumps, makeMachine, RealDisks, task } from './backup-lab';

let lab: TestNode;
let engine: RealDisks;

beforeEach(async () => {
  engine = new RealDisks();
  lab = await startTestNode({ engine });
});

afterEach(() => lab.close());

const vzdump = (form: Readonly<Record<string, string>>) =>
  task(lab, 'POST', '/nodes/pve/vzdump', { vmid: '100', storage: 'local', ...form });

test('a stopped machine is backed up in the words of Proxmox VE, and its lock is taken off again', async () => {
  await makeMachine(lab);
  const log = await vzdump({
    compress: 'zstd',
    mode: 'snapshot',
    'notes-template': '{{guestname}} {{vmid}} on {{node}}',
  });
  const stem = /vzdump-qemu-100-\d{4}_\d\d_\d\d-\d\d_\d\d_\d\d/.exec(log.join('\n'))?.[0];
  expect(log.filter((line) => !/copied the disks|Formatting/.test(line))).toEqual([
    expect.stringContaining('INFO: starting new backup job: vzdump 100 --'),
    'INFO: Starting Backup of VM 100 (qemu)',
    expect.stringMatching(/^INFO: Backup started at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    'INFO: status = stopped',
    'INFO: backup mode: stop',
    'INFO: ionice priority: 7',
    'INFO: VM Name: web',
    "INFO: include disk 'scsi0' 'local-lvm:100/vm-100-disk-0.qcow2' 64M",
    expect.stringMatching(`^INFO: creating vzdump archive '.*/dump/${stem}\\.vma\\.zst'$`),
    expect.stringMatching(/^INFO: 100% \(64\.0 MiB of 64\.0 MiB\) in \ds, read: .*, write: .*\/s$/),
    expect.stringMatching(/^INFO: backup is sparse: 63\.\d+ MiB \(99%\) total zero data$/),
    expect.stringMatching(/^INFO: transferred 64\.00 MiB in \d seconds/),
    'INFO: archive file size: 0MB',
    'INFO: adding notes to backup',
    expect.stringMatching(/^INFO: Finished Backup of VM 100 \(00:00:\d\d\)$/),
    expect.stringMatching(/^INFO: Backup finished at /),
    'INFO: Backup job finished successfully',
    'TASK OK',
  ]);
  const [row] = await backups(lab);
  expect(row).toMatchObject({
    ...{ volid: `local:backup/${stem}.vma.zst`, content: 'backup', format: 'vma.zst', subtype: 'qemu' },
    ...{ vmid: 100, notes: 'web 100 on pve', ctime: 1_800_000_000 },
  });
  expect(dumps(lab)).toEqual([`${stem}.vma.zst`, `${stem}.vma.zst.notes`]);
  expect(lab.node.guests.store.get(100).values.has('lock')).toBe(false);
});

test.each(['0', 'gzip', 'zstd'])(
  'a restored disk holds the same bytes, with compression %s',
  async (compress) => {
    const before = await makeMachine(lab);
    await vzdump({ compress });
    const archive = (await backups(lab))[0]?.volid ?? '';
    const log = await done(lab, 'POST', '/nodes/pve/qemu', { vmid: '146', archive, storage: 'local-lvm' });
    expect(log.map((line) => line.replace(/\d{3,}/g, 'N').replace(/(?<=progress )\d+%.*/, ''))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^restore vma archive: .*\/dump\/vzdump-qemu/),
        expect.stringMatching(/^CFG: size: N name: qemu-server\.conf$/),
        'DEV: dev_id=1 size: N devname: drive-scsi0',
        "new volume ID is 'local-lvm:N/vm-N-disk-0.qcow2'",
        'rescan volumes...',
      ]),
    );
    await run(['qemu-img', 'compare', before, diskOf(lab, 'vm-146-disk-0.qcow2', 146)]);
    const [old, restored] = [100, 146].map((vmid) => lab.node.guests.store.get(vmid).values);
    expect(restored?.get('name')).toBe('web');
    expect(restored?.get('net0')).toEqual(old?.get('net0'));
    expect(restored?.get('scsi0')).toMatchObject({ file: 'local-lvm:146/vm-146-disk-0.qcow2', size: '64M' });
    expect(restored?.get('vmgenid')).not.toBe(old?.get('vmgenid'));
    expect(restored?.has('lock')).toBe(false);
  },
);

test('unique gives a restored machine addresses and an identity of its own', async () => {
  await makeMachine(lab);
  await vzdump({});
  const archive = (await backups(lab))[0]?.volid ?? '';
  await done(lab, 'POST', '/nodes/pve/qemu', {
    vmid: '146',
    archive,
    unique: '1',
    name: 'other',
    start: '1',
  });
  const [old, restored] = [100, 146].map((vmid) => lab.node.guests.store.get(vmid).values);
  expect(restored?.get('net0')).not.toEqual(old?.get('net0'));
  expect(restored?.get('smbios1')).not.toBe(old?.get('smbios1'));
  expect(restored?.get('name')).toBe('other');
  expect(engine.isRunning(146)).toBe(true);
});

test('a running machine goes on while it is backed up, and is locked meanwhile', async () => {
  const before = await makeMachine(lab);
  await done(lab, 'POST', '/nodes/pve/qemu/100/status/start');
  const seen: unknown[] = [];
  engine.whileCopying = async () => {
    seen.push(engine.isRunning(100), lab.node.guests.store.get(100).values.get('lock'));
    seen.push((await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { memory: '128' })).message);
  };
  const log = await vzdump({ mode: 'snapshot', compress: 'zstd' });
  expect(seen).toEqual([true, 'backup', expect.stringContaining('VM is locked (backup)')]);
  expect(log).toContain('INFO: backup mode: snapshot');
  expect(engine.isRunning(100)).toBe(true);
  const archive = (await backups(lab))[0]?.volid ?? '';
  await done(lab, 'POST', '/nodes/pve/qemu', { vmid: '146', archive });
  await run(['qemu-img', 'compare', '-U', before, diskOf(lab, 'vm-146-disk-0.qcow2', 146)]);
});

test('in the mode stop a running machine is shut down for its copy and runs afterwards', async () => {
  await makeMachine(lab);
  await done(lab, 'POST', '/nodes/pve/qemu/100/status/start');
  const pid = (await engine.status(100))?.pid;
  const log = await vzdump({ mode: 'stop' });
  const words = log.map((line) => line.replace(/^INFO: /, ''));
  expect(words).toEqual(
    expect.arrayContaining(['status = running', 'backup mode: stop', 'stopping virtual guest']),
  );
  expect(words.indexOf('restarting vm')).toBeLessThan(words.findIndex((line) => line.startsWith('100%')));
  expect(engine.isRunning(100)).toBe(true);
  expect((await engine.status(100))?.pid).not.toBe(pid);
});

test('a disk with backup=0 and a machine without disks are backed up without', async () => {
  await makeMachine(lab, { scsi1: 'local-lvm:0.0625,format=raw,backup=0' });
  expect(await vzdump({})).toContain(
    "INFO: exclude disk 'scsi1' 'local-lvm:100/vm-100-disk-1.raw' (backup=no)",
  );
  const archive = (await backups(lab))[0]?.volid ?? '';
  await done(lab, 'POST', '/nodes/pve/qemu', { vmid: '146', archive });
  expect(lab.node.guests.store.get(146).values.has('scsi1')).toBe(false);
  await done(lab, 'POST', '/nodes/pve/qemu', { vmid: '136', memory: '64', name: 'diskless' });
  expect(await vzdump({ vmid: '136' })).toEqual(
    expect.arrayContaining(['INFO: backup contains no disks', 'INFO: starting diskless backup', 'TASK OK']),
  );
});

test('a restore over a machine needs force, takes its place and removes its disk', async () => {
  const before = await makeMachine(lab);
  await vzdump({});
  await run(['qemu-io', '-f', 'qcow2', '-c', 'write -P 1 0 64k', before]);
  const archive = (await backups(lab))[0]?.volid ?? '';
  const restore = { vmid: '100', archive };
  expect(await callApi(lab, 'POST', '/nodes/pve/qemu', restore)).toMatchObject({
    status: 500,
    message: "unable to restore VM 100 - VM 100 already exists on node 'pve'\n",
  });
  await done(lab, 'POST', '/nodes/pve/qemu', { ...restore, force: '1' });
  expect(lab.node.guests.store.get(100).values.get('scsi0')).toMatchObject({
    file: 'local-lvm:100/vm-100-disk-1.qcow2',
  });
  const zeros = ['qemu-io', '-f', 'qcow2', '-c', 'read -P 0 0 64k'];
  expect(await run([...zeros, diskOf(lab, 'vm-100-disk-1.qcow2', 100)])).not.toContain('verification failed');
  expect(await run(['ls', diskOf(lab, '', 100)])).toBe('vm-100-disk-1.qcow2\n');
  await done(lab, 'POST', '/nodes/pve/qemu/100/status/start');
  expect((await task(lab, 'POST', '/nodes/pve/qemu', { ...restore, force: '1' })).at(-1)).toBe(
    'TASK ERROR: unable to restore VM 100 - vm is running',
  );
});

test('an archive that is damaged leaves neither a machine nor disks', async () => {
  const dump = join(lab.node.stateDir, 'storage', 'local', 'dump');
  writeFileSync(join(dump, 'vzdump-qemu-100-2026_11_26-01_41_01.vma'), 'no archive'.repeat(2000));
  const archive = 'local:backup/vzdump-qemu-100-2026_11_26-01_41_01.vma';
  const log = await task(lab, 'POST', '/nodes/pve/qemu', { vmid: '146', archive });
  expect(log.at(-1)).toBe('TASK ERROR: unable to restore VM 146 - not a VMA archive');
  expect(lab.node.guests.store.has(146)).toBe(false);
  expect(await lab.node.storage.images.volumesOf(146)).toEqual([]);
});

test('the configuration in a backup can be read alone', async () => {
  await makeMachine(lab);
  await vzdump({ compress: 'gzip' });
  const volume = encodeURIComponent((await backups(lab))[0]?.volid ?? '');
  const { data } = await callApi(lab, 'GET', `/nodes/pve/vzdump/extractconfig?volume=${volume}`);
  expect(data).toMatch(/^boot: order=scsi0;net0\n.*name: web\n/s);
  expect(data).toMatch(/#qmdump#map:scsi0:drive-scsi0:local-lvm:qcow2:\n$/);
  expect(data).not.toContain('lock');
});

test('a template archive of another kind of guest is no machine', async () => {
  const dump = join(lab.node.stateDir, 'storage', 'local', 'dump');
  const name = 'vzdump-lxc-131-2026_11_26-01_41_01.tar.zst';
  writeFileSync(join(dump, name), 'archive');
  const log = await task(lab, 'POST', '/nodes/pve/qemu', { vmid: '134', archive: `local:backup/${name}` });
  expect(log.at(-1)).toMatch(/^TASK ERROR: ERROR: file '.*' does not look like a QemuServer vzdump backup$/);
  expect(lab.node.guests.store.has(134)).toBe(false);
});
