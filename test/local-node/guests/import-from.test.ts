import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readImage, writeImage } from '../../../local-node/engine/simulated/simulated-image';
import { GuestLocks } from '../../../local-node/guests/guest-lock';
import { callApi, startTestNode, type TestNode } from '../test-node';

const GIB = 1024 ** 3;
const IMAGE = 'local-lvm:0,import-from=local:import/base.qcow2';
const DISK = 'local-lvm:100/vm-100-disk-0.qcow2';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  await writeImage(join(lab.node.stateDir, 'storage/local/import/base.qcow2'), 'qcow2', GIB);
  await task('', { vmid: '100', scsi0: IMAGE });
});

afterEach(() => lab.close());

/** Makes a call whose answer is a task; the task's exit status. */
async function task(path: string, form: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const { data } = await callApi(lab, 'POST', `/nodes/pve/qemu${path}`, form);
  return (await lab.node.tasks.wait(String(data), 30)).exitStatus;
}

const images = () => join(lab.node.stateDir, 'storage/local-lvm/images');

test("a stopped guest's disk is imported whole, whatever it stands on itself", async () => {
  expect(await task('', { vmid: '101', scsi0: `local-lvm:0,import-from=${DISK}` })).toBe('OK');
  const copy = await readImage(join(images(), '101/vm-101-disk-0.qcow2'));
  expect(copy).toMatchObject({ virtualBytes: GIB });
  expect(copy.backingFile).toBeUndefined();
});

test("a running guest's disk is imported through that guest, by itself too", async () => {
  await task('/100/status/start');
  const copies = jest.spyOn(lab.node.engine, 'copyRunning');
  expect(await task('', { vmid: '101', scsi0: `local-lvm:0,import-from=${DISK}` })).toBe('OK');
  const form = { scsi1: `local-lvm:0,import-from=${DISK}` };
  expect((await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', form)).status).toBe(200);
  expect(copies.mock.calls.map(([vmid, [copy]]) => [vmid, copy?.slot])).toEqual([
    [100, 'scsi0'],
    [100, 'scsi0'],
  ]);
});

test('a disk that another running guest than its owner holds is refused by its lock', async () => {
  await task('', { vmid: '101', scsi0: DISK, start: '1' });
  const locked =
    /Failed to get shared "write" lock\sIs another process using the image \[.*disk-0\.qcow2\]\?/;
  expect(await task('', { vmid: '102', scsi0: `local-lvm:0,import-from=${DISK}` })).toMatch(locked);
  const refused = await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', {
    scsi1: `local-lvm:0,import-from=${DISK}`,
  });
  expect(refused).toMatchObject({ status: 500, message: expect.stringMatching(locked) });
  expect(readdirSync(images())).toEqual(['100']);
  expect(readdirSync(join(images(), '100')).sort()).toEqual(['disk-0.base', 'vm-100-disk-0.qcow2']);
});

test('a new image under the name of one that a running guest stands on changes nothing for that guest', async () => {
  await task('/100/status/start');
  const path = join(lab.node.stateDir, 'uploaded.qcow2');
  await writeImage(path, 'qcow2', 2 * GIB);
  const target = lab.node.storage.intake.target('local', 'import', 'base.qcow2', 'upload');
  const file = { path, fileName: 'base.qcow2', bytes: 1 };
  const upload = await lab.node.storage.intake.upload(target, file, undefined);
  const upid = lab.node.tasks.run('imgcopy', '', { userId: 'root@pam' }, upload);
  expect((await lab.node.tasks.wait(upid, 30)).exitStatus).toBe('OK');

  expect(await readImage(join(images(), '100/disk-0.base'))).toMatchObject({ virtualBytes: GIB });
  expect(await task('/100/status/stop')).toBe('OK');
  expect(await task('/100/status/start')).toBe('OK');
  expect(await task('', { vmid: '101', scsi0: IMAGE })).toBe('OK');
  expect(await readImage(join(images(), '101/disk-0.base'))).toMatchObject({ virtualBytes: 2 * GIB });
});

test('two guests that each wait for the other give up, and the lock of each is free again', async () => {
  const locks = new GuestLocks();
  const cross = (own: number, other: number) =>
    locks.exclusive(own, async () => {
      await Promise.resolve(); // until both have their own
      return locks.shared(other, async () => 'read', 0.01);
    });
  const ended = await Promise.allSettled([cross(100, 101), cross(101, 100)]);
  expect(ended).toContainEqual({
    status: 'rejected',
    reason: expect.objectContaining({
      message: expect.stringMatching(/^can't lock file '.*lock-10[01]\.conf' - got timeout$/),
    }),
  });
  expect(await locks.exclusive(100, () => locks.exclusive(101, async () => 'both'))).toBe('both');
});
