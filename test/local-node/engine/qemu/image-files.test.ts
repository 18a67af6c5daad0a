import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { basesOf } from '../../../../local-node/engine/qemu/image-files';

let images: string;
const at = (name: string) => join(images, name);

beforeEach(() => {
  images = mkdtempSync(join(tmpdir(), 'image-files-'));
});

afterEach(() => rmSync(images, { recursive: true, force: true }));

/** The header of a qcow2 image that stands on `base`. */
function image(name: string, base?: string, length = base?.length): string {
  const header = Buffer.alloc(200);
  header.write('QFI\xfb\0\0\0\x03', 'latin1');
  if (base !== undefined && length !== undefined) {
    header.writeBigUInt64BE(104n, 8);
    header.writeUInt32BE(length, 16);
  }
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(
    at(name),
    base === undefined ? header : Buffer.concat([header.subarray(0, 104), Buffer.from(base)]),
  );
  return at(name);
}

test('a linked clone stands on its template, and on what that was made from', async () => {
  const import_ = image('100/disk-0.base');
  const template = image('100/base-100-disk-0.qcow2', import_);
  const clone = image('101/vm-101-disk-0.qcow2', template);
  expect(await basesOf(clone)).toEqual([template, import_]);
  expect(await basesOf(import_)).toEqual([]);
});

test('a name is taken as QEMU takes it, from the directory of the image', async () => {
  image('100/base-100-disk-0.qcow2');
  const clone = image('101/vm-101-disk-0.qcow2', '../100/base-100-disk-0.qcow2');
  expect(await basesOf(clone)).toEqual([at('100/base-100-disk-0.qcow2')]);
});

test.each([
  ['a file of the system', () => '/etc/shadow'],
  ["another guest's disk", () => at('102/vm-102-disk-0.qcow2')],
  ["another guest's import", () => at('102/disk-0.base')],
  ['a template of another storage', () => join(dirname(images), 'x/100/base-100-disk-0.qcow2')],
  ['a file that only looks like a template', () => at('100/base-102-disk-0.qcow2')],
  ['another disk of its own', () => at('101/vm-101-disk-1.qcow2')],
  ['what is no path', () => 'json:{"driver":"file","filename":"/etc/shadow"}'],
  ['a socket of the network', () => 'nbd://127.0.0.1/x'],
])('a disk that stands on %s is refused', async (_what, base) => {
  await expect(basesOf(image('101/vm-101-disk-0.qcow2', base()))).rejects.toThrow(
    /is no base image|which is no base/,
  );
});

test('a disk that stands on itself is refused, also by a detour', async () => {
  const first = at('100/base-100-disk-0.qcow2');
  const second = at('101/base-101-disk-0.qcow2');
  image('100/base-100-disk-0.qcow2', second);
  image('101/base-101-disk-0.qcow2', first);
  await expect(basesOf(first)).rejects.toThrow('more than 16');
});

test('a name longer than the format allows is refused', async () => {
  await expect(basesOf(image('101/vm-101-disk-0.qcow2', 'x', 1_000_000))).rejects.toThrow('is damaged');
});

test('a raw disk stands on nothing, whatever a guest has written into it', async () => {
  expect(await basesOf(image('101/vm-101-disk-0.raw', '/etc/shadow'))).toEqual([]);
});
