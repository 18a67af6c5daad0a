import { Transform } from 'node:stream';

/** How much of a file is written before the free space is looked at again, bytes. */
const CHECK_BYTES = 4 * 1024 * 1024;

/**
 * Passes a file on and looks again and again whether it still has room: its length may be unknown or a lie, and others
 * write too. `requireSpace` throws unless so many bytes more have room.
 */
export function spaceGuard(requireSpace: (bytes: number) => Promise<void>): Transform {
  let unchecked = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      unchecked += chunk.length;
      if (unchecked < CHECK_BYTES) return done(null, chunk);
      unchecked = 0;
      requireSpace(CHECK_BYTES).then(() => done(null, chunk), done);
    },
  });
}
