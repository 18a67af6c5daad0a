import type { MonitoredGuest } from '../../../../local-node/engine/qemu/qemu-jobs';
import {
  loadSnapshot,
  removeSnapshot,
  takeSnapshot,
} from '../../../../local-node/engine/qemu/qemu-snapshots';

const disks = [
  { slot: 'scsi0', path: '/a.qcow2' },
  { slot: 'scsi1', path: '/b.qcow2' },
];
const options = { memory: true, freeze: false, log: () => undefined };

/** A QEMU with two disks that does each job at once, with a job that a killed node has left. */
function guest(fault?: string) {
  const asked: string[] = [];
  const jobs = [{ id: 'snapshot-save-old', status: 'concluded' }] as {
    id: string;
    status: string;
    error?: string;
  }[];
  const snapshots = [{ name: 'warm', 'vm-state-size': 4096 }];
  const block = (slot: string, node: string) => ({
    device: `drive-${slot}`,
    inserted: { 'node-name': node, image: { 'virtual-size': 1, snapshots: node === '#1' ? snapshots : [] } },
  });
  const qemu: MonitoredGuest = {
    agent: async (command) => asked.push(command),
    monitor: async (command, args = {}) => {
      if (command === 'query-block') return [block('scsi0', '#1'), block('scsi1', '#2')];
      if (command === 'query-jobs') return jobs;
      if (command === 'job-dismiss') {
        const at = jobs.findIndex(({ id }) => id === args.id);
        jobs.splice(at, 1);
        return {};
      }
      const { 'job-id': id, ...rest } = args as { 'job-id'?: string };
      asked.push(`${command} ${JSON.stringify(rest)}`);
      if (id !== undefined) jobs.push({ id, status: 'concluded', ...(fault ? { error: fault } : {}) });
      return {};
    },
  };
  return { qemu, asked, jobs };
}

test('memory goes into the first disk, the snapshot into all, and no job is left, not that of a killed node', async () => {
  const { qemu, asked, jobs } = guest();
  expect(await takeSnapshot(qemu, 'warm', disks, options)).toBe(4096);
  expect(asked).toEqual(['snapshot-save {"tag":"warm","vmstate":"#1","devices":["#1","#2"]}']);
  expect(jobs).toEqual([]);
});

test('without memory all disks are kept at one moment, while the file systems hold still', async () => {
  const { qemu, asked } = guest();
  await takeSnapshot(qemu, 'disks', disks, { ...options, memory: false, freeze: true });
  expect(asked.map((line) => line.split(' ')[0])).toEqual([
    ...['guest-fsfreeze-freeze', 'transaction', 'guest-fsfreeze-thaw'],
  ]);
  expect(asked[1]?.match(/drive-scsi\d/g)).toEqual(['drive-scsi0', 'drive-scsi1']);
});

test('a job that fails says why in the words of QEMU, and leaves nothing', async () => {
  const { qemu, jobs } = guest('No space left on device');
  await expect(takeSnapshot(qemu, 'full', disks, options)).rejects.toThrow('No space left on device');
  await expect(removeSnapshot(qemu, 'full', disks)).rejects.toThrow('No space left on device');
  expect(jobs).toEqual([]);
});

test('memory is loaded from the disk that has it, and is missed where none has', async () => {
  const { qemu, asked } = guest();
  await loadSnapshot(qemu, 'warm', ['scsi0', 'scsi1']);
  expect(asked).toEqual(['snapshot-load {"tag":"warm","vmstate":"#1","devices":["#1","#2"]}']);
  await expect(loadSnapshot(qemu, 'other', ['scsi0'])).rejects.toThrow("no memory of snapshot 'other'");
});
