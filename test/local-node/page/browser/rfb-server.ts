import type { Duplex } from 'node:stream';

/** Of the screen, pixels. */
const WIDTH = 64;
const HEIGHT = 48;

/**
 * A VNC server of a few lines (RFC 6143): no password, one red picture. Returns what the client's keys say, as keysyms
 * that were pressed.
 */
export function serveRedScreen(guest: Duplex): number[] {
  const keys: number[] = [];
  let rest = Buffer.alloc(0);
  let step = 0;
  const take = (length: number): Buffer | undefined => {
    if (rest.length < length) return undefined;
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
  const steps: (() => boolean)[] = [
    // The client's version; one kind of security: none.
    () => take(12) !== undefined && guest.write(Buffer.from([1, 1])),
    () => take(1) !== undefined && guest.write(Buffer.from([0, 0, 0, 0])),
    () => take(1) !== undefined && guest.write(serverInit()),
    () => message(take, rest, keys, guest),
  ];
  guest.on('data', (piece: Buffer) => {
    rest = Buffer.concat([rest, piece]);
    while (rest.length > 0 && steps[step]?.()) step = Math.min(step + 1, steps.length - 1);
  });
  guest.write('RFB 003.008\n');
  return keys;
}

function serverInit(): Buffer {
  // 32 bits a pixel, of which 24 count, little-endian true colour: blue, green, red.
  const format = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
  const name = Buffer.from('QEMU (test)');
  return Buffer.concat([Buffer.from([0, WIDTH, 0, HEIGHT, ...format, 0, 0, 0, name.length]), name]);
}

/** One message of the client; false until it is whole. */
function message(
  take: (length: number) => Buffer | undefined,
  rest: Buffer,
  keys: number[],
  guest: Duplex,
): boolean {
  const [kind = 0] = rest;
  if (kind === 0) return take(20) !== undefined;
  if (kind === 2) return rest.length >= 4 && take(4 + 4 * rest.readUInt16BE(2)) !== undefined;
  if (kind === 3) {
    const [, incremental] = take(10) ?? [];
    if (incremental === 0) guest.write(redPicture());
    return incremental !== undefined;
  }
  if (kind === 4) {
    const key = take(8);
    if (key?.[1] === 1) keys.push(key.readUInt32BE(4));
    return key !== undefined;
  }
  if (kind === 5) return take(6) !== undefined;
  if (kind === 6) return rest.length >= 8 && take(8 + Math.abs(rest.readInt32BE(4))) !== undefined;
  throw new Error(`message ${kind} of a VNC client`);
}

/** The whole screen as one rectangle in the encoding "raw". noVNC asks for red first. */
function redPicture(): Buffer {
  const pixels = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (let at = 0; at < pixels.length; at += 4) pixels.writeUInt32LE(0x0000ff, at);
  return Buffer.concat([Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT, 0, 0, 0, 0]), pixels]);
}
