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
import { type CopyableGuest, copyRunning, moveRunning } from '../../../../local-node/engine/qemu/qemu-copy';

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

describe('a move', () => {
  /** A QEMU whose mirror gets ready; `complete` says what becomes of the job then, and which node the guest has. */
  function mirroring(
    complete: 'moves' | 'moves and loses the answer' | 'fails' | 'dies',
    asked: Record<string, unknown>[] = [],
  ): CopyableGuest {
    let job: { id: string; status: string; error?: string } | undefined;
    let node = 'disk-scsi0';
    const gone = new Error('QEMU is gone');
    let dead = false;
    const end = (id: string) => {
      job = { id, status: 'concluded', ...(complete === 'fails' ? { error: 'Input/output error' } : {}) };
      if (complete.startsWith('moves')) node = id;
      dead = complete === 'dies';
      if (complete === 'moves and loses the answer' || dead) throw gone;
    };
    return {
      sharedDirectory: shared(),
      agent: () => Promise.reject(new Error('no agent')),
      monitor: async (command, args = {}) => {
        if (dead) throw gone;
        if (command === 'query-block') {
          const cache = { writeback: true, direct: true, 'no-flush': false };
          return [
            {
              device: 'drive-scsi0',
              inserted: { 'node-name': node, image: { 'virtual-size': 1024 ** 2 }, cache },
            },
          ];
        }
        if (command === 'blockdev-add') asked.push({ ...args });
        if (command === 'blockdev-mirror') job = { id: String(args['job-id']), status: 'ready' };
        if (command === 'job-complete') end(String(args.id));
        if (command === 'job-dismiss') job = undefined;
        return command === 'query-jobs' ? [job].filter(Boolean) : {};
      },
    };
  }

  const move = (from: CopyableGuest) => moveRunning(from, { slot: 'scsi0', path: disk(), format: 'raw' });
  const left = () => [readdirSync(directory).sort(), readdirSync(shared())];

  test.each(['moves', 'moves and loses the answer'] as const)(
    'is done once the guest has the copy: it %s',
    async (end) => {
      await move(mirroring(end));
      expect(left()).toEqual([['shared', 'vm-101-disk-0.raw'], []]);
    },
  );

  test('leaves the disk cached as it was', async () => {
    const asked: Record<string, unknown>[] = [];
    await move(mirroring('moves', asked));
    const cache = { direct: true, 'no-flush': false };
    expect(asked).toMatchObject([{ cache, file: { cache } }]);
  });

  test('that fails when the copy has its name leaves no copy', async () => {
    await expect(move(mirroring('fails'))).rejects.toThrow('Input/output error');
    expect(left()).toEqual([['shared'], []]);
  });

  test('keeps the copy, and says where, if nobody can say any more which file the guest has', async () => {
    await expect(move(mirroring('dies'))).rejects.toThrow(`QEMU is gone; the copy stays in ${disk()}`);
    expect(left()).toEqual([['shared', 'vm-101-disk-0.raw'], []]);
  });
});
