import { open } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';

/** As deep as layers over layers may go; linked clones of templates of linked clones reach a few. */
const DEEPEST = 16;

/**
 * The images that a disk stands on, the nearest first. The name of one is in the disk's header, which a guest that has
 * taken over its QEMU can write: only a template's disk of the same storage, or the image that the disk itself was made
 * from, may be one. Throws for any other.
 */
export async function basesOf(disk: string): Promise<string[]> {
  const bases: string[] = [];
  for (let path = disk; bases.length <= DEEPEST; ) {
    const named = await baseNamedIn(path);
    if (named === undefined) return bases;
    const base = resolve(dirname(path), named);
    if (!mayBeBase(base, path)) {
      throw new Error(`'${path}' stands on '${named}', which is no base image of its storage`);
    }
    bases.push(base);
    path = base;
  }
  throw new Error(`'${disk}' stands on more than ${DEEPEST} other images`);
}

function mayBeBase(base: string, disk: string): boolean {
  const directory = dirname(base);
  if (directory === dirname(disk)) return /^disk-\d+\.base$/.test(basename(base));
  return (
    dirname(directory) === dirname(dirname(disk)) &&
    new RegExp(`^base-${basename(directory)}-disk-\\d+\\.(qcow2|raw)$`).test(basename(base))
  );
}

/** After QEMU's docs/interop/qcow2.txt. What its name calls raw is raw, whatever a guest has written into it. */
async function baseNamedIn(path: string): Promise<string | undefined> {
  if (!/\.(qcow2|base)$/.test(path)) return undefined;
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(20), 0, 20, 0);
    if (buffer.toString('latin1', 0, 4) !== 'QFI\xfb') return undefined;
    const length = buffer.readUInt32BE(16);
    const at = buffer.readBigUInt64BE(8);
    if (at === 0n || length === 0) return undefined;
    // The format's own limit.
    if (length > 1023) throw new Error(`'${path}' is damaged: the name of its base has ${length} bytes`);
    const name = await file.read(Buffer.alloc(length), 0, length, Number(at));
    return name.buffer.toString('utf8', 0, name.bytesRead);
  } finally {
    await file.close();
  }
}
