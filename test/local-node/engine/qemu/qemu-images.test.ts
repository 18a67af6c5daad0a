import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cloneDisk,
  copySnapshot,
  createDisk,
  diskInfo,
  dropSnapshot,
  importDisk,
  resizeDisk,
  restoreSnapshot,
  writeCloudInitDrive,
} from '../../../../local-node/engine/qemu/qemu-images';
import { run } from '../../../../machine/command';

const MIB = 2 ** 20;
let directory: string;
const at = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'qemu-images-'));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('a raw image is imported whole, byte for byte', async () => {
  const content = Buffer.alloc(3 * MIB, 'lab');
  writeFileSync(at('source.raw'), content);
  await importDisk(at('source.raw'), at('disk.qcow2'), 'qcow2');
  expect(await diskInfo(at('disk.qcow2'))).toMatchObject({ format: 'qcow2', virtualBytes: 3 * MIB });
  await run(['qemu-img', 'convert', '-O', 'raw', at('disk.qcow2'), at('back.raw')]);
  expect(readFileSync(at('back.raw')).equals(content)).toBe(true);
  expect(statSync(at('disk.qcow2')).mode & 0o777).toBe(0o600);
});

test('a compressed image stays compressed in the disk made of it', async () => {
  writeFileSync(at('source.raw'), Buffer.alloc(3 * MIB, 'lab'));
  await run(['qemu-img', 'convert', '-O', 'qcow2', '-c', at('source.raw'), at('source.qcow2')]);
  await importDisk(at('source.qcow2'), at('disk.qcow2'), 'qcow2');
  expect((await diskInfo(at('disk.qcow2'))).usedBytes).toBeLessThan(MIB);
  await run(['qemu-img', 'compare', at('source.raw'), at('disk.qcow2')]);
});

test('a linked clone stands on its source, a full one does not', async () => {
  await createDisk(at('base.qcow2'), 'qcow2', 8 * MIB);
  await cloneDisk(at('base.qcow2'), at('linked.qcow2'), 'qcow2', 'linked');
  await cloneDisk(at('base.qcow2'), at('full.raw'), 'raw', 'full');
  expect(await diskInfo(at('linked.qcow2'))).toMatchObject({
    backingFile: at('base.qcow2'),
    virtualBytes: 8 * MIB,
  });
  const full = await diskInfo(at('full.raw'));
  expect(full).toMatchObject({ format: 'raw', virtualBytes: 8 * MIB });
  expect(full.backingFile).toBeUndefined();
  await expect(cloneDisk(at('base.qcow2'), at('x.raw'), 'raw', 'linked')).rejects.toThrow(/qcow2/);
});

test('a disk grows to the size asked for', async () => {
  await createDisk(at('disk.raw'), 'raw', MIB);
  await resizeDisk(at('disk.raw'), 5 * MIB);
  expect((await diskInfo(at('disk.raw'))).virtualBytes).toBe(5 * MIB);
});

test('a raw disk on which a guest has written the header of another image is copied as it is', async () => {
  writeFileSync(at('secret.raw'), Buffer.alloc(MIB, 'secret'));
  const backing = ['-b', at('secret.raw'), '-F', 'raw'];
  await run(['qemu-img', 'create', '-q', '-f', 'qcow2', ...backing, at('disk.raw')]);
  expect((await diskInfo(at('disk.raw'))).format).toBe('raw');

  await cloneDisk(at('disk.raw'), at('clone.raw'), 'raw', 'full');
  await importDisk(at('disk.raw'), at('import.raw'), 'raw');
  for (const name of ['clone.raw', 'import.raw']) {
    expect(readFileSync(at(name)).includes('secretsecret')).toBe(false);
  }
});

test('what is said of a raw image is what qemu-img says', async () => {
  writeFileSync(at('odd.raw'), Buffer.alloc(MIB + 100, 1));
  const told = JSON.parse(
    await run(['qemu-img', 'info', '-f', 'raw', '--output=json', at('odd.raw')]),
  ) as object;
  const { virtualBytes, usedBytes, format } = await diskInfo(at('odd.raw'));
  expect(told).toMatchObject({ 'virtual-size': virtualBytes, 'actual-size': usedBytes, format });
  await expect(diskInfo(at('absent.raw'))).rejects.toThrow('absent.raw');
});

test('a disk whose header names a file that is no base is neither copied nor grown', async () => {
  await createDisk(at('secret.raw'), 'raw', MIB);
  const backing = ['-b', at('secret.raw'), '-F', 'raw'];
  await run(['qemu-img', 'create', '-q', '-f', 'qcow2', ...backing, at('disk.qcow2')]);
  await expect(cloneDisk(at('disk.qcow2'), at('clone.qcow2'), 'qcow2', 'full')).rejects.toThrow(/stands on/);
  await expect(resizeDisk(at('disk.qcow2'), 2 * MIB)).rejects.toThrow(/stands on/);
  expect(readdirSync(directory).sort()).toEqual(['disk.qcow2', 'secret.raw']);
});

test('an image that refers to a file of this machine is refused', async () => {
  await createDisk(at('secret.raw'), 'raw', MIB);
  await run([
    'qemu-img',
    'create',
    '-q',
    '-f',
    'qcow2',
    '-b',
    at('secret.raw'),
    '-F',
    'raw',
    at('evil.qcow2'),
  ]);
  await expect(importDisk(at('evil.qcow2'), at('disk.qcow2'), 'qcow2')).rejects.toThrow(
    /refers to another file/,
  );
});

test('an import that fails leaves no file behind', async () => {
  await createDisk(at('source.qcow2'), 'qcow2', 4 * MIB);
  const image = readFileSync(at('source.qcow2'));
  // The first entry of the table of tables (its offset is in the header) now points between two clusters.
  image.writeBigUInt64BE(0x10200n, Number(image.readBigUInt64BE(40)));
  writeFileSync(at('source.qcow2'), image);
  await expect(importDisk(at('source.qcow2'), at('disk.qcow2'), 'qcow2')).rejects.toThrow();
  expect(readdirSync(directory)).toEqual(['source.qcow2']);
});

test('a cloud-init drive carries the label cidata and the files', async () => {
  const userData = '#cloud-config\nhostname: größe\n';
  await writeCloudInitDrive(at('ci.iso'), { 'user-data': userData, 'meta-data': 'instance-id: x\n' });
  const descriptor = readFileSync(at('ci.iso')).subarray(0x8000);
  expect(descriptor.toString('latin1', 40, 72).trim().toLowerCase()).toBe('cidata');
  expect(readFileSync(at('ci.iso')).includes(Buffer.from(userData))).toBe(true);
  expect(statSync(at('ci.iso')).mode & 0o777).toBe(0o600);
  expect(readdirSync(directory)).toEqual(['ci.iso']);
});

test('a cloud-init drive is 4 MiB large and wrapped in qcow2 where its name says so', async () => {
  const files = { 'user-data': '#cloud-config\n', 'meta-data': 'instance-id: x\n' };
  await writeCloudInitDrive(at('vm-1-cloudinit.qcow2'), files);
  expect(await diskInfo(at('vm-1-cloudinit.qcow2'))).toMatchObject({
    format: 'qcow2',
    virtualBytes: 4 * MIB,
  });
  await cloneDisk(at('vm-1-cloudinit.qcow2'), at('ci.raw'), 'raw', 'full');
  const descriptor = readFileSync(at('ci.raw')).subarray(0x8000);
  expect(descriptor.toString('latin1', 40, 72).trim().toLowerCase()).toBe('cidata');
});

test('a name that would leave the cloud-init drive is refused', async () => {
  await expect(writeCloudInitDrive(at('ci.iso'), { '../x': '' })).rejects.toThrow("'../x'");
  expect(readdirSync(directory)).toEqual([]);
});

test('a snapshot in a disk is put back with its size, copied, and removed', async () => {
  const write = (text: string) =>
    run(['qemu-io', '-f', 'qcow2', '-c', `write -P ${text.charCodeAt(0)} 0 64k`, at('disk.qcow2')]);
  const first = async (path: string) => {
    await run(['qemu-img', 'convert', '-O', 'raw', path, at('raw')]);
    return String.fromCharCode(readFileSync(at('raw'))[0] ?? 0);
  };
  await createDisk(at('disk.qcow2'), 'qcow2', MIB);
  await write('a');
  await copySnapshot(at('disk.qcow2'), 'one');
  await write('b');
  await resizeDisk(at('disk.qcow2'), 2 * MIB);
  await cloneDisk(at('disk.qcow2'), at('copy.qcow2'), 'qcow2', 'full', 'one');
  expect([await first(at('disk.qcow2')), await first(at('copy.qcow2'))]).toEqual(['b', 'a']);
  await restoreSnapshot(at('disk.qcow2'), 'one');
  expect(await first(at('disk.qcow2'))).toBe('a');
  expect((await diskInfo(at('disk.qcow2'))).virtualBytes).toBe(MIB);
  await dropSnapshot(at('disk.qcow2'), 'one');
  await dropSnapshot(at('disk.qcow2'), 'one');
  await expect(restoreSnapshot(at('disk.qcow2'), 'one')).rejects.toThrow('one');
});
