import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { spaceGuard } from '../../../local-node/base/space-guard';

const MIB = 2 ** 20;

test('a file is passed on for as long as it has room, and no further', async () => {
  let room = 10 * MIB;
  let written = 0;
  const file = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.length;
      room -= chunk.length;
      done();
    },
  });
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(MIB);
    })(),
  );
  const guard = spaceGuard(async (bytes) => {
    if (bytes > room) throw new Error('not enough space');
  });
  await expect(pipeline(endless, guard, file)).rejects.toThrow('not enough space');
  expect(written).toBeGreaterThanOrEqual(4 * MIB);
  expect(written).toBeLessThanOrEqual(10 * MIB);
});
