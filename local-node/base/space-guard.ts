import { Transform } from 'node:stream';

/** How much of a file is written before the free space is looked at again, bytes. */
const CHECK_BYTES = 4 * 1024 * 1024;

/** Throws unless so many bytes more have room. */
export type RequireSpace = (bytes: number) => Promise<void>;

/**
 * To be told of every write to a file: looks again and again whether the file still has room. Its length may be
 * unknown or a lie, and others write too.
 */
export function countWrites(requireSpace: RequireSpace): RequireSpace {
  let unchecked = 0;
  return async (bytes) => {
    unchecked += bytes;
    if (unchecked < CHECK_BYTES) return;
    unchecked = 0;
    await requireSpace(CHECK_BYTES);
  };
}

/** Passes a file on for as long as it has room. */
export function spaceGuard(requireSpace: RequireSpace): Transform {
  const wrote = countWrites(requireSpace);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      wrote(chunk.length).then(() => done(null, chunk), done);
    },
  });
}
