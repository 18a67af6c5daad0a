import { constants } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CommandError, run } from '../../../machine/command';
import { CLOUD_INIT_BYTES, type CloudInitFiles, type DiskFormat, type DiskInfo } from '../guest-engine';
import { basesOf } from './image-files';
import { imageCommand } from './private-root';

interface ImageInfo {
  readonly 'virtual-size': number;
  readonly 'actual-size': number;
  readonly format: string;
  readonly encrypted?: boolean;
  readonly 'full-backing-filename'?: string;
  readonly 'backing-filename'?: string;
  readonly snapshots?: readonly { readonly name: string }[];
  readonly 'format-specific'?: { readonly data?: { readonly 'data-file'?: string } };
}

/** The suffix of a file that is being made; whoever cleans up after a crash may remove such files. */
export const PARTIAL = '.partial';

interface UsedFiles {
  /** Read, with the images that they stand on. */
  readonly reads?: readonly string[];
  /** Written, with the images that they stand on. They exist. */
  readonly writes?: readonly string[];
  /** Looked at alone. */
  readonly opens?: readonly string[];
}

/** qemu-img with nothing but the files that it needs. */
async function qemuImg(
  args: readonly string[],
  { reads = [], writes = [], opens = [] }: UsedFiles,
): Promise<string> {
  const bases = await Promise.all([...reads, ...writes].map(basesOf));
  const files = { readOnly: [...opens, ...reads, ...bases.flat()], writable: writes };
  return run(imageCommand(['qemu-img', ...args], files), { env: { PATH: process.env.PATH } });
}

/** Whether QEMU can use io_uring here: kernels are built or set up without it, and containers often forbid it. */
export async function hasIoUring(): Promise<boolean> {
  const file = process.execPath; // any file that can be read
  const bench = ['bench', '-f', 'raw', '-c', '1', '-d', '1', '-s', '512', '-i', 'io_uring', file];
  return qemuImg(bench, { opens: [file] }).then(
    () => true,
    () => false,
  );
}

export async function createDisk(path: string, format: DiskFormat, sizeBytes: number): Promise<void> {
  await made(path, (partial) =>
    qemuImg(['create', '-q', '-f', format, partial, String(sizeBytes)], { writes: [partial] }),
  );
}

/**
 * Makes `path` from the image `source`. An image that names further files (a backing file, a data file) is refused:
 * whoever made it could read any file of this machine through it.
 */
export async function importDisk(source: string, path: string, format: DiskFormat): Promise<void> {
  const info = await imageInfo(source);
  const further = info['backing-filename'] ?? info['format-specific']?.data?.['data-file'];
  if (further !== undefined) {
    throw new Error(`${basename(source)} refers to another file, '${further}', and is not imported`);
  }
  await made(path, async (partial) => {
    if (info.format !== 'qcow2' || format !== 'qcow2' || info.encrypted) {
      await qemuImg(['convert', '-q', '-W', '-f', info.format, '-O', format, source, partial], {
        reads: [source],
        writes: [partial],
      });
      return;
    }
    // Copied as it is, compressed clusters included: a tenth of the time that rewriting each takes.
    await copyFile(source, partial, constants.COPYFILE_FICLONE);
    await qemuImg(['check', '-q', '-f', 'qcow2', partial], { reads: [partial] });
  });
}

export async function cloneDisk(
  source: string,
  path: string,
  format: DiskFormat,
  mode: 'full' | 'linked',
  snapshot?: string,
): Promise<void> {
  const sourceFormat = (await imageInfo(source)).format;
  if (mode === 'linked' && format !== 'qcow2') {
    throw new Error(`a linked clone needs the format qcow2, not ${format}`);
  }
  const args =
    mode === 'linked'
      ? ['create', '-q', '-f', 'qcow2', '-b', source, '-F', sourceFormat]
      : ['convert', '-q', '-W', ...(snapshot === undefined ? [] : ['-U', '-l', `snapshot.name=${snapshot}`])]
          // A snapshot stays as it is, so that a disk that is in use can be read.
          .concat('-f', sourceFormat, '-O', format, source);
  await made(path, (partial) => qemuImg([...args, partial], { reads: [source], writes: [partial] }));
}

/** Snapshots of disks that no QEMU holds; their names begin with a letter. */
export async function copySnapshot(path: string, name: string): Promise<void> {
  await qemuImg(['snapshot', '-q', '-c', name, path], { writes: [path] });
}

export async function restoreSnapshot(path: string, name: string): Promise<void> {
  await qemuImg(['snapshot', '-q', '-a', name, path], { writes: [path] });
}

/** Nothing happens if the disk has no snapshot of that name. */
export async function dropSnapshot(path: string, name: string): Promise<void> {
  const { snapshots = [] } = await imageInfo(path);
  if (snapshots.some((snapshot) => snapshot.name === name))
    await qemuImg(['snapshot', '-q', '-d', name, path], { writes: [path] });
}

/** Grows the disk of a guest that does not run. */
export async function resizeDisk(path: string, sizeBytes: number): Promise<void> {
  const { format } = await imageInfo(path);
  await qemuImg(['resize', '-q', '-f', format, path, String(sizeBytes)], { writes: [path] });
}

export async function diskInfo(path: string): Promise<DiskInfo> {
  const info = await imageInfo(path);
  return {
    virtualBytes: info['virtual-size'],
    usedBytes: info['actual-size'],
    format: info.format,
    backingFile: info['full-backing-filename'] ?? info['backing-filename'],
    dataFile: info['format-specific']?.data?.['data-file'],
  };
}

/** As genisoimage and xorriso both take them; the label is what cloud-init's NoCloud looks for. */
const ISO_ARGUMENTS = ['-quiet', '-volid', 'cidata', '-joliet', '-rock'];

/** Writes the drive with whichever program is there. User data may hold secrets: only the owner can read the file. */
export async function writeCloudInitDrive(path: string, files: CloudInitFiles): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'cidata-'));
  try {
    const content = join(directory, 'content');
    await mkdir(content);
    for (const [name, text] of Object.entries(files)) {
      if (name !== basename(name))
        throw new Error(`'${name}' cannot be the name of a file on a cloud-init drive`);
      await writeFile(join(content, name), text, { mode: 0o600 });
    }
    const image = join(directory, 'drive.iso');
    await writeIso(image, content);
    if ((await stat(image)).size < CLOUD_INIT_BYTES) await truncate(image, CLOUD_INIT_BYTES);
    const format = /\.qcow2$/.test(path) ? 'qcow2' : 'raw';
    await made(path, (partial) =>
      qemuImg(['convert', '-q', '-f', 'raw', '-O', format, image, partial], {
        opens: [image],
        writes: [partial],
      }),
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function writeIso(path: string, directory: string): Promise<void> {
  const rest = [...ISO_ARGUMENTS, '-output', path, directory];
  try {
    await run(['genisoimage', ...rest]);
  } catch (error) {
    const absent = error instanceof CommandError && error.exitCode === undefined && error.stderr === '';
    if (!absent) throw error;
    await run(['xorriso', '-as', 'mkisofs', ...rest]);
  }
}

async function imageInfo(path: string): Promise<ImageInfo> {
  const format = await formatOf(path);
  if (format === 'raw') {
    // Nothing is to be read in it. A guest sees whole sectors.
    const { size, blocks } = await stat(path);
    return { 'virtual-size': Math.ceil(size / 512) * 512, 'actual-size': blocks * 512, format };
  }
  // -U: a running guest holds the lock of its own disk. What the image stands on is not opened.
  const args = ['info', '-U', '-f', format, '--output=json', path];
  return JSON.parse(await qemuImg(args, { opens: [path] })) as ImageInfo;
}

/**
 * By the file's name, never by what qemu-img makes of its content: a guest can write the header of another format, with
 * a backing file, to its raw disk. Only the base of a guest's disk, an import image that was checked and that no guest
 * writes, has no such name.
 */
async function formatOf(path: string): Promise<string> {
  const extension = /\.(qcow2|vmdk|base)$/i.exec(path)?.[1]?.toLowerCase() ?? 'raw';
  const file = await open(path);
  try {
    if (extension !== 'base') return extension;
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return { 'QFI\xfb': 'qcow2', KDMV: 'vmdk' }[buffer.toString('latin1')] ?? 'raw';
  } finally {
    await file.close();
  }
}

/** Makes a file beside its place and moves it there when it is whole and on disk. */
function made(path: string, make: (partial: string) => Promise<unknown>): Promise<void> {
  return madeTogether([path], ([partial = '']) => make(partial));
}

/** The same for several, none of which takes its place before all are whole. */
export async function madeTogether(
  paths: readonly string[],
  make: (partials: readonly string[]) => Promise<unknown>,
): Promise<void> {
  const partials = paths.map((path) => `${path}${PARTIAL}`);
  try {
    // Whoever writes one sees this file, not its directory.
    for (const partial of partials) await writeFile(partial, '', { mode: 0o600 });
    await make(partials);
    for (const partial of partials) {
      const file = await open(partial, 'r+');
      try {
        await file.chmod(0o600);
        await file.sync();
      } finally {
        await file.close();
      }
    }
    for (const path of paths) await rename(`${path}${PARTIAL}`, path);
  } catch (error) {
    for (const partial of partials) await rm(partial, { force: true });
    throw error;
  }
}
