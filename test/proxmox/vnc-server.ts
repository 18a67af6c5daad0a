import type { Duplex } from 'node:stream';

/** A screen of 4 x 2 pixels: the upper line red, the lower one blue. */
export const SCREEN = { width: 4, height: 2 };
export const CHALLENGE = Buffer.from([...Array(16).keys()]);

export interface VncServerOptions {
  /** What the client's answer to the challenge is to be; undefined = any will do. */
  readonly answer?: Buffer;
  /** Width and height that it claims. */
  readonly size?: readonly [number, number];
  /** Pixels of its first picture: those of a QEMU that nobody looked at for a while are old ones. */
  readonly first?: 'old' | 'now';
}

/** Speaks RFB at the far end of a guest's screen, in pieces as a network would bring them. */
export async function serveVnc(end: Duplex, options: VncServerOptions = {}): Promise<void> {
  const incoming = bytes(end);
  const say = (...pieces: (Buffer | string)[]): void => {
    for (const piece of pieces) end.write(piece);
  };
  say('RFB 003', '.008\n');
  await incoming(12);
  say(Buffer.of(1, 2));
  await incoming(1);
  say(CHALLENGE);
  const answer = await incoming(16);
  if (options.answer && !answer.equals(options.answer)) {
    say(uint32(1), uint32(21), 'Authentication failed');
    end.end();
    return;
  }
  say(uint32(0));
  await incoming(1);
  const [width, height] = options.size ?? [SCREEN.width, SCREEN.height];
  const size = Buffer.alloc(4);
  size.writeUInt16BE(width, 0);
  size.writeUInt16BE(height, 2);
  say(size, Buffer.alloc(16), uint32(4), 'QEMU');
  await incoming(20 + 8);
  for (let picture = 0; ; picture++) {
    await incoming(10);
    const old = picture === 0 && options.first === 'old';
    // A bell, and each line in a message of its own.
    say(Buffer.of(2), line(0, old ? [9, 9, 9] : [255, 0, 0]), line(1, old ? [9, 9, 9] : [0, 0, 255]));
  }
}

function line(y: number, [red = 0, green = 0, blue = 0]: readonly number[]): Buffer {
  const head = Buffer.of(0, 0, 0, 1, 0, 0, 0, y, 0, SCREEN.width, 0, 1, 0, 0, 0, 0);
  return Buffer.concat([head, ...Array<Buffer>(SCREEN.width).fill(Buffer.of(blue, green, red, 0))]);
}

function uint32(value: number): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(value);
  return four;
}

/** Reads so many bytes; never comes back where the client has gone. */
export function bytes(end: Duplex): (length: number) => Promise<Buffer> {
  let received = Buffer.alloc(0);
  let wake: () => void = () => undefined;
  end.on('error', () => undefined);
  end.on('data', (piece: Buffer) => {
    received = Buffer.concat([received, piece]);
    wake();
  });
  return async (length) => {
    while (received.length < length) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    const piece = received.subarray(0, length);
    received = received.subarray(length);
    return piece;
  };
}
