import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyImportImage } from '../../../local-node/storage/image-check';
import { run } from '../../../machine/command';

let directory: string;
const at = (name: string) => join(directory, name);
const qemuImg = (...args: string[]) => run(['qemu-img', ...args]);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'image-check-'));
  await qemuImg('create', '-q', '-f', 'raw', at('secret.raw'), '1M');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const verdict = (name: string, as = name) =>
  verifyImportImage(at(name), as).then(
    () => 'taken',
    (fault: Error) => fault.message,
  );

test.each([
  ['good.raw', ['-f', 'raw']],
  ['good.qcow2', ['-f', 'qcow2']],
  ['old.qcow2', ['-f', 'qcow2', '-o', 'compat=0.10']],
  ['wide.qcow2', ['-f', 'qcow2', '-o', 'extended_l2=on,cluster_size=128k']],
  ['sparse.vmdk', ['-f', 'vmdk']],
  ['stream.vmdk', ['-f', 'vmdk', '-o', 'subformat=streamOptimized']],
])('%s, an image in one file, is taken', async (name, options) => {
  await qemuImg('create', '-q', ...options, at(name), '1M');
  expect(await verdict(name)).toBe('taken');
});

test.each([
  ['a backing file', 'qcow2', () => ['-b', at('secret.raw'), '-F', 'raw']],
  ['a data file', 'qcow2', () => ['-o', `data_file=${at('data.raw')}`]],
  ['flat extents', 'vmdk', () => ['-o', 'subformat=monolithicFlat']],
  ['a parent', 'vmdk', () => ['-b', at('parent.vmdk'), '-F', 'vmdk']],
])('an image with %s is refused, whatever its name says', async (_what, format, options) => {
  await qemuImg('create', '-q', '-f', 'vmdk', at('parent.vmdk'), '1M');
  await qemuImg('create', '-q', '-f', format, ...options(), at('evil'), '1M');
  for (const name of ['a.qcow2', 'a.vmdk', 'a.raw', 'a.QCOW2', 'a.ova']) {
    expect(await verdict('evil', name)).toMatch(/refers to another file|is not in .* format|holds an image/);
  }
});

test('a sparse VMDK without capacity, which QEMU takes for a descriptor, is refused', async () => {
  await qemuImg('create', '-q', '-f', 'vmdk', at('a.vmdk'), '1M');
  const image = readFileSync(at('a.vmdk'));
  image.writeBigUInt64LE(0n, 12);
  writeFileSync(at('a.vmdk'), image);
  expect(await verdict('a.vmdk')).toMatch(/refers to another file/);
});

/**
 * A sparse VMDK whose header tells of a harmless description elsewhere, while `hidden` stands where QEMU looks for the
 * parent's name.
 */
async function vmdkWithTwoDescriptions(name: string, hidden: string): Promise<void> {
  await qemuImg('create', '-q', '-f', 'vmdk', at(name), '1M');
  const image = readFileSync(at(name));
  const sectors = Math.ceil(image.length / 512);
  image.writeBigUInt64LE(BigInt(sectors), 28);
  const harmless = Buffer.from(image.subarray(512, 512 + 20 * 512));
  const text =
    harmless
      .toString('latin1')
      .split('\0')[0]
      ?.replace(/^parentCID=.*$/m, hidden) ?? '';
  image.fill(0, 512, 512 + 20 * 512).write(text, 512, 'latin1');
  writeFileSync(at(name), Buffer.concat([image, Buffer.alloc(sectors * 512 - image.length), harmless]));
}

test('a VMDK that tells QEMU of another file than its header tells of is refused', async () => {
  await qemuImg('create', '-q', '-f', 'vmdk', at('parent.vmdk'), '1M');
  const parent = JSON.parse(await qemuImg('info', '-f', 'vmdk', '--output=json', at('parent.vmdk')));
  const cid = Number(parent['format-specific'].data.cid).toString(16);
  await vmdkWithTwoDescriptions('a.vmdk', `parentCID=${cid}\nparentFileNameHint="${at('parent.vmdk')}"`);
  // The image is worth refusing: QEMU does open the other file.
  expect(await qemuImg('info', '-f', 'vmdk', at('a.vmdk'))).toContain('parent.vmdk');
  expect(await verdict('a.vmdk')).toMatch(/refers to another file/);

  await vmdkWithTwoDescriptions('b.vmdk', 'parentCID=ffffffff');
  expect(await verdict('b.vmdk')).toMatch(/refers to another file/);
});

test('the name of a parent is found wherever QEMU finds it, also after the description ends', async () => {
  await qemuImg('create', '-q', '-f', 'vmdk', at('a.vmdk'), '1M');
  const image = readFileSync(at('a.vmdk'));
  image.writeBigUInt64LE(1n, 36);
  image.write('parentFileNameHint="/etc/passwd"', 512 + 19 * 512, 'latin1');
  writeFileSync(at('a.vmdk'), image);
  expect(await verdict('a.vmdk')).toMatch(/refers to another file/);
});

test('an encrypted image and one with unknown features are refused', async () => {
  await qemuImg('create', '-q', '-f', 'qcow2', at('a.qcow2'), '1M');
  const image = readFileSync(at('a.qcow2'));
  copyFileSync(at('a.qcow2'), at('b.qcow2'));
  image.writeUInt32BE(1, 32);
  writeFileSync(at('a.qcow2'), image);
  expect(await verdict('a.qcow2')).toMatch(/is encrypted/);

  const other = readFileSync(at('b.qcow2'));
  other.writeBigUInt64BE(1n << 40n, 72);
  writeFileSync(at('b.qcow2'), other);
  expect(await verdict('b.qcow2')).toMatch(/features that are not known/);
});
