import fs, {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAll, writeWholeFile, writeWholeFileSync } from '../../machine/whole-file';

let directory: string;
let file: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'whole-file-'));
  file = join(directory, 'state');
  writeFileSync(file, 'old');
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

/** What every handle of this process inherits from. */
async function handles(): Promise<FileHandle> {
  const handle = await open(file);
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

type Write = (buffer: Buffer, offset: number, length: number, position: number | null) => unknown;

/** Takes three bytes a call, and none at all after `room` bytes: a disk that becomes full. */
async function smallDisk(room: number): Promise<void> {
  const prototype = await handles();
  const [write, writeSync] = [prototype.write as Write, fs.writeSync as unknown as typeof fs.writeSync];
  let left = room;
  const portion = (length: number): number => {
    if (left === 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const taken = Math.min(3, length, left);
    left -= taken;
    return taken;
  };
  jest.spyOn(prototype as { write: Write }, 'write').mockImplementation(async function (
    this: FileHandle,
    buffer: Buffer,
    offset: number,
    length: number,
    position: number | null,
  ) {
    return write.call(this, buffer, offset, portion(length), position);
  } as Write);
  jest
    .spyOn(fs, 'writeSync')
    .mockImplementation(((descriptor: number, buffer: Buffer, offset: number, length: number) =>
      writeSync(descriptor, buffer, offset, portion(length), null)) as typeof fs.writeSync);
}

test.each([
  ['by writeWholeFile', writeWholeFile],
  [
    'by writeWholeFileSync',
    async (...all: Parameters<typeof writeWholeFileSync>) => writeWholeFileSync(...all),
  ],
])(
  'a file is whole although each call writes only a part, and as it was when the disk is full: %s',
  async (_, write) => {
    await smallDisk(20);
    await write(file, 'twelve bytes');
    expect(readFileSync(file, 'utf8')).toBe('twelve bytes');
    await expect(write(file, 'another twelve')).rejects.toThrow('ENOSPC');
    expect(readFileSync(file, 'utf8')).toBe('twelve bytes');
    expect(readdirSync(directory)).toEqual(['state']);
  },
);

test('bytes at a place of a file are written to the last one, or it fails', async () => {
  writeFileSync(file, 'a longer old text');
  const handle = await open(file, 'r+');
  await smallDisk(10);
  await writeAll(handle, Buffer.from('THE NEW'), 9);
  expect(readFileSync(file, 'utf8')).toBe('a longer THE NEWt');
  await expect(writeAll(handle, Buffer.from('more'), 0)).rejects.toThrow('ENOSPC');
  await handle.close();
});

test('of two writes at once the later one stays', async () => {
  await Promise.all([writeWholeFile(file, 'x'.repeat(1_000_000)), writeWholeFile(file, 'later')]);
  expect(readFileSync(file, 'utf8')).toBe('later');
});

test('a write that failed does not keep the next one away', async () => {
  const rename = jest.spyOn(fs.promises, 'rename').mockRejectedValueOnce(new Error('EIO: i/o error, rename'));
  await expect(writeWholeFile(file, 'one')).rejects.toThrow('EIO');
  await writeWholeFile(file, 'two');
  expect(rename).toHaveBeenCalledTimes(2);
  expect(readFileSync(file, 'utf8')).toBe('two');
});

test('a link stays a link, and the mode is the one asked for', async () => {
  const link = join(directory, 'link');
  symlinkSync(file, link);
  await writeWholeFile(link, 'new', { mode: 0o600 });
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(lstatSync(file).mode & 0o777).toBe(0o600);
});
