import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPLATE_DISK_GIB } from '../config/lab-schema';
import { writeAll } from '../machine/whole-file';
import { type BuildProcessOptions, runner } from './build-process';
import { SYSLINUX_MBR } from './host-tools';

const MIB = 1024 * 1024;
const SECTOR = 512;

/** Virtual size of the template, bytes: what a guest's disk is at least. A larger disk is grown into at first boot. */
export const DISK_BYTES = TEMPLATE_DISK_GIB * 1024 * MIB;
const BOOT_START = 1 * MIB;
const BOOT_BYTES = 31 * MIB;
/** Where the root file system begins, bytes. */
export const ROOT_START = BOOT_START + BOOT_BYTES;

/**
 * The kernel's parameters. Mitigations for CPU flaws protect nothing in a guest that runs only the lab's own
 * software, and cost much where the CPU is emulated; net.ifnames=0 makes the name of the interface known beforehand.
 */
export function kernelParameters(rootUuid: string): string {
  return [
    `root=UUID=${rootUuid}`,
    'rw',
    'rootflags=noatime',
    'console=ttyS0',
    'quiet',
    'selinux=0',
    'loglevel=4',
    'systemd.show_status=0',
    'net.ifnames=0',
    'mitigations=off',
    'audit=0',
    'apparmor=0',
    'random.trust_cpu=on',
    'cryptomgr.notests',
    'ds=nocloud',
  ].join(' ');
}

/** What decides the disk's content, but for the tree that it holds: the configuration of its boot, and the options of the tools that make it. */
export function diskRecipe(rootUuid: string) {
  const kernel = kernelParameters(rootUuid);
  const extended = `offset=${ROOT_START},hash_seed=${rootUuid},lazy_itable_init=1,lazy_journal_init=1,nodiscard`;
  return {
    syslinux: `DEFAULT lab\nPROMPT 0\nTIMEOUT 0\nLABEL lab\n  LINUX lab-vmlinuz\n  INITRD lab-initrd\n  APPEND ${kernel}\n`,
    extract: ['--numeric-owner', '--same-owner', '--preserve-permissions', '--xattrs', '--exclude=./dev/*'],
    boot: ['-n', 'LAB-BOOT', '-i', rootUuid.slice(0, 8)],
    bootKibibytes: BOOT_BYTES / 1024,
    root: [
      ...['-q', '-F', '-t', 'ext4', '-m', '0', '-L', 'lab-root', '-U', rootUuid],
      ...['-J', 'size=32', '-E', extended],
    ],
    rootKibibytes: (DISK_BYTES - ROOT_START) / 1024,
    // A third of the size uncompressed: the image travels to the node once, and there to each guest's disk.
    form: ['-O', 'qcow2', '-c', '-o', 'cluster_size=64k,compression_type=zstd'],
  };
}

/** A master boot record: boot code, a FAT partition marked active, and a Linux partition up to the end. */
export function masterBootRecord(bootCode: Buffer, diskBytes: number): Buffer {
  if (bootCode.length > 440)
    throw new Error(`boot code of ${bootCode.length} bytes does not fit the 440 of an MBR`);
  const record = Buffer.alloc(SECTOR);
  bootCode.copy(record);
  record.writeUInt32LE(0x4c414231, 440);
  const partition = (index: number, active: boolean, type: number, start: number, bytes: number): void => {
    const entry = 446 + index * 16;
    record.writeUInt8(active ? 0x80 : 0, entry);
    record.fill(0xfe, entry + 1, entry + 4); // cylinder, head, sector: beyond use, the sector numbers below count
    record.writeUInt8(type, entry + 4);
    record.fill(0xfe, entry + 5, entry + 8);
    record.writeUInt32LE(start / SECTOR, entry + 8);
    record.writeUInt32LE(bytes / SECTOR, entry + 12);
  };
  partition(0, true, 0x0e, BOOT_START, BOOT_BYTES);
  partition(1, false, 0x83, ROOT_START, diskBytes - ROOT_START);
  record.writeUInt16LE(0xaa55, 510);
  return record;
}

export interface DiskOptions extends BuildProcessOptions {
  /** Directory for intermediate files; the caller removes it with removeTree(). */
  readonly workDirectory: string;
  readonly tarFile: string;
  readonly rootUuid: string;
  readonly outputFile: string;
}

/** Where buildDisk() leaves the tree that the disk holds. */
export function rootTree(workDirectory: string): string {
  return join(workDirectory, 'root');
}

/**
 * Makes a qcow2 disk that boots by itself from a PC BIOS: FAT with syslinux, kernel and initial file system, then ext4.
 * No mount and no loop device is needed, hence no root.
 */
export async function buildDisk(options: DiskOptions): Promise<void> {
  const { workDirectory, rootUuid } = options;
  const recipe = diskRecipe(rootUuid);
  const run = runner(options, false);
  const asOwner = runner(options, true);
  const tree = rootTree(workDirectory);
  const raw = join(workDirectory, 'disk.raw');
  const boot = join(workDirectory, 'boot.fat');

  await run('mkdir', tree);
  await asOwner('tar', '--extract', ...recipe.extract, '--file', options.tarFile, '--directory', tree);

  await writeFile(join(workDirectory, 'syslinux.cfg'), recipe.syslinux);
  await asOwner('cp', join(tree, 'boot/lab-vmlinuz'), join(tree, 'boot/lab-initrd'), workDirectory);
  await asOwner('sh', '-c', 'rm -rf "$1"/boot/*', 'sh', tree);
  await asOwner('chmod', '0644', join(workDirectory, 'lab-initrd'));
  await run('mkfs.fat', ...recipe.boot, '-C', boot, String(recipe.bootKibibytes));
  for (const file of ['lab-vmlinuz', 'lab-initrd', 'syslinux.cfg']) {
    await run('mcopy', '-i', boot, join(workDirectory, file), '::');
  }
  await run('syslinux', '--install', boot);

  await run('truncate', '--size', String(DISK_BYTES), raw);
  await asOwner('mke2fs', ...recipe.root, '-d', tree, raw, `${recipe.rootKibibytes}k`);
  const disk = await open(raw, 'r+');
  try {
    const bootCode = (await readFile(SYSLINUX_MBR)).subarray(0, 440);
    await writeAll(disk, masterBootRecord(bootCode, DISK_BYTES), 0);
    await writeAll(disk, await readFile(boot), BOOT_START);
  } finally {
    await disk.close();
  }
  await run('qemu-img', 'convert', ...recipe.form, raw, options.outputFile);
}
