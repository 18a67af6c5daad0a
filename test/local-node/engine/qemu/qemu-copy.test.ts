import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CopyableGuest, copyRunning } from '../../../../local-node/engine/qemu/qemu-copy';

let directory: string;
const shared = () => join(directory, 'shared');
const disk = () => join(directory, 'vm-101-disk-0.raw');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qemu-copy-'));
  mkdirSync(shared());
});

afterEach(() => rmSync(directory, { recursive: true }));

/** A QEMU that copies as `copied` says, which gets the path of the target. */
function guest(copied: (target: string) => void): CopyableGuest {
  const blocks = [{ device: 'drive-scsi0', inserted: { image: { 'virtual-size': 1024 ** 2 } } }];
  const jobs: { id: string; status: string }[] = [];
  return {
    sharedDirectory: shared(),
    agent: () => Promise.reject(new Error('no agent')),
    monitor: async (command, args) => {
      if (command === 'query-block') return blocks;
      if (command === 'transaction') {
        const { actions } = args as { actions: [{ data: Record<string, string> }] };
        const [{ data }] = actions;
        jobs.push({ id: data['job-id'] ?? '', status: 'concluded' });
        copied(join(shared(), data.target ?? ''));
      }
      return command === 'query-jobs' ? jobs : {};
    },
  };
}

const copy = (from: CopyableGuest) =>
  copyRunning(from, [{ slot: 'scsi0', path: disk(), format: 'raw' }], {
    freeze: false,
    log: () => undefined,
  });

test('a copy takes its place when it is whole, and leaves nothing where QEMU wrote it', async () => {
  await copy(guest((target) => writeFileSync(target, 'the copy')));
  expect(readFileSync(disk(), 'utf8')).toBe('the copy');
  expect(readdirSync(shared())).toEqual([]);
});

test('a link in the place of the copy does not become the disk of the new guest', async () => {
  const secret = join(directory, 'token');
  writeFileSync(secret, 'secret');
  const taken = guest((target) => {
    rmSync(target);
    symlinkSync(secret, target);
  });
  await expect(copy(taken)).rejects.toThrow('is no file of its own');
  expect(existsSync(disk())).toBe(false);
  expect([readdirSync(directory).sort(), readdirSync(shared())]).toEqual([['shared', 'token'], []]);
  expect(readFileSync(secret, 'utf8')).toBe('secret');
});

test('a copy that fails leaves nothing', async () => {
  const full = guest(() => {
    throw new Error('No space left on device');
  });
  await expect(copy(full)).rejects.toThrow('No space left on device');
  expect([readdirSync(directory), readdirSync(shared())]).toEqual([['shared'], []]);
});
