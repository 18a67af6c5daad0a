import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../machine/command';

/**
 * A disk image that boots by itself from BIOS in a few seconds, emulated, to a guest that does what the tests of the
 * engine need and nothing more: it answers the power button and runs the QEMU guest agent. Made once from the host's
 * own Debian packages and kept in the cache.
 */
export async function tinyGuest(): Promise<string> {
  const script = join(__dirname, 'tiny-guest.sh');
  const key = createHash('sha256')
    .update(readFileSync(script))
    .update(readFileSync(__filename))
    .digest('hex');
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'pve-virtualization-lab');
  const image = join(cache, `tiny-guest-${key.slice(0, 16)}.img`);
  if (existsSync(image)) return image;
  mkdirSync(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'tiny-guest-'));
  try {
    await run(['bash', script, 'tree', work]);
    await writeFile(join(work, 'initrd'), cpio(join(work, 'root')));
    await run(['bash', script, 'disk', work]);
    await rename(join(work, 'disk'), image);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return image;
}

/** An archive in cpio's "newc" format, which the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format). */
export function cpio(root: string): Buffer {
  const names = readdirSync(root, { recursive: true }).map(String).sort();
  const entries = names.map((name, index) => {
    const path = join(root, name);
    const file = lstatSync(path);
    const content = file.isSymbolicLink()
      ? Buffer.from(readlinkSync(path))
      : file.isFile()
        ? readFileSync(path)
        : Buffer.alloc(0);
    return entry(name, index + 1, file.mode, content);
  });
  return Buffer.concat([...entries, entry('TRAILER!!!', 0, 0, Buffer.alloc(0))]);
}

function entry(name: string, inode: number, mode: number, content: Buffer): Buffer {
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([pad(Buffer.from(header)), pad(content)]);
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
