import { mkdtemp, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildProcessOptions, removeTree, runner } from './build-process';
import { ROOT_START } from './disk';

/** A container's template is the same tree as the disk's, but for what only a machine of its own boots from. */
function tar(directory: string, outputFile: string): string[] {
  return [
    ...['tar', '--create', '--use-compress-program', 'zstd -T0 -3', '--numeric-owner', '--sort=name'],
    ...[
      '--xattrs',
      '--xattrs-include=*',
      '--exclude=./lost+found',
      '--exclude=./boot/*',
      '--exclude=./dev/*',
    ],
    ...['--file', outputFile, '--directory', directory, '.'],
  ];
}

/** Packs the tree of a root file system as Proxmox VE reads it (vztmpl). */
export async function packTree(
  tree: string,
  outputFile: string,
  options: BuildProcessOptions,
): Promise<void> {
  const [program = '', ...args] = tar(tree, outputFile);
  await runner(options, true)(program, ...args);
}

/**
 * Makes a container's template of a disk that was built before there were any, for which root and a loop device are
 * needed. It is whole or absent at any moment.
 */
export async function packDisk(
  image: string,
  outputFile: string,
  cache: string,
  options: BuildProcessOptions,
): Promise<void> {
  const work = await mkdtemp(join(cache, 'build-'));
  const run = runner(options, true);
  try {
    const raw = join(work, 'disk.raw');
    const packed = join(work, 'template.tar.zst');
    await run('qemu-img', 'convert', '-O', 'raw', image, raw);
    const mounted = `mount -o "loop,ro,offset=${ROOT_START}" "$0" /mnt && exec "$@"`;
    await run(
      'unshare',
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      mounted,
      raw,
      ...tar('/mnt', packed),
    );
    await rename(packed, outputFile);
  } finally {
    await removeTree(work, options);
  }
}
