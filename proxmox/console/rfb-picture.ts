import { createCipheriv } from 'node:crypto';
import type { Picture } from './png';

/** What the protocol is spoken over. */
export interface ByteConnection {
  /** The next `length` bytes. Rejects where they cannot come any more. */
  read(length: number): Promise<Buffer>;
  write(bytes: Buffer): void;
}

const VERSION = 'RFB 003.008\n';
const VNC_AUTHENTICATION = 2;
const RAW = 0;
/** No screen of a guest is larger; whatever says so is no VNC server of QEMU. */
const MOST_PIXELS = 8192 * 4320;
/** 32 bits a pixel, little endian, blue in the lowest byte, then green, then red. */
const PIXELS = Buffer.from('20180001' + '00ff00ff00ff' + '100800' + '000000', 'hex');

/**
 * One picture of the screen behind a VNC server that asks for a password, as QEMU's does on Proxmox VE. Source: RFC 6143.
 * QEMU draws a guest's screen only while somebody looks: the first picture may be an old one, so the second is taken,
 * `pause` later.
 */
export async function rfbPicture(
  connection: ByteConnection,
  password: string,
  pause: () => Promise<unknown>,
): Promise<Picture> {
  await greet(connection, password);
  // Shared: whoever else looks stays connected.
  connection.write(Buffer.of(1));
  const start = await connection.read(24);
  const [width, height] = [start.readUInt16BE(0), start.readUInt16BE(2)];
  await connection.read(start.readUInt32BE(20));
  if (width * height === 0 || width * height > MOST_PIXELS) {
    throw new Error(`a screen of ${width} x ${height} pixels`);
  }
  connection.write(Buffer.concat([Buffer.of(0, 0, 0, 0), PIXELS]));
  connection.write(Buffer.of(2, 0, 0, 1, 0, 0, 0, RAW));
  await wholeScreen(connection, width, height);
  await pause();
  return wholeScreen(connection, width, height);
}

async function greet(connection: ByteConnection, password: string): Promise<void> {
  const version = (await connection.read(VERSION.length)).toString('latin1');
  if (!version.startsWith('RFB 003.')) throw new Error('no VNC server');
  connection.write(Buffer.from(VERSION, 'latin1'));
  const [count = 0] = await connection.read(1);
  if (count === 0) throw new Error(await reason(connection));
  const offered = await connection.read(count);
  if (!offered.includes(VNC_AUTHENTICATION)) throw new Error('no VNC authentication');
  connection.write(Buffer.of(VNC_AUTHENTICATION));
  connection.write(answer(await connection.read(16), password));
  const result = await connection.read(4);
  if (result.readUInt32BE(0) !== 0) throw new Error(await reason(connection));
}

async function reason(connection: ByteConnection): Promise<string> {
  const length = (await connection.read(4)).readUInt32BE(0);
  return (await connection.read(Math.min(length, 500))).toString('utf8');
}

/** DES, which OpenSSL has only three times in a row: with one key in all places that is once. */
function answer(challenge: Buffer, password: string): Buffer {
  const key = Buffer.alloc(8);
  key.write(password, 'latin1');
  // VNC has the bits of each byte the other way round.
  const mirrored = key.map((byte) =>
    Number.parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2),
  );
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([mirrored, mirrored, mirrored]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]);
}

async function wholeScreen(connection: ByteConnection, width: number, height: number): Promise<Picture> {
  const ask = Buffer.alloc(10);
  ask.set([3, 0]);
  ask.writeUInt16BE(width, 6);
  ask.writeUInt16BE(height, 8);
  connection.write(ask);
  const rgb = Buffer.alloc(width * height * 3);
  for (let missing = width * height; missing > 0; ) missing -= await message(connection, width, height, rgb);
  return { width, height, rgb };
}

/** Reads one message of the server; the number of pixels that it brought. */
async function message(
  connection: ByteConnection,
  width: number,
  height: number,
  rgb: Buffer,
): Promise<number> {
  const [type] = await connection.read(1);
  // Bell.
  if (type === 2) return 0;
  // What was copied in the guest.
  if (type === 3) {
    const head = await connection.read(7);
    await connection.read(head.readUInt32BE(3));
    return 0;
  }
  if (type !== 0) throw new Error(`a message of VNC that nobody asked for (${type})`);
  const rectangles = (await connection.read(3)).readUInt16BE(1);
  let pixels = 0;
  for (let index = 0; index < rectangles; index++) {
    const head = await connection.read(12);
    const [x, y, columns, rows] = [0, 2, 4, 6].map((place) => head.readUInt16BE(place)) as [
      number,
      number,
      number,
      number,
    ];
    if (head.readInt32BE(8) !== RAW || x + columns > width || y + rows > height) {
      throw new Error('a picture of VNC that nobody asked for');
    }
    const raw = await connection.read(columns * rows * 4);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const from = (row * columns + column) * 4;
        const to = ((y + row) * width + x + column) * 3;
        rgb[to] = raw[from + 2] ?? 0;
        rgb[to + 1] = raw[from + 1] ?? 0;
        rgb[to + 2] = raw[from] ?? 0;
      }
    }
    pixels += columns * rows;
  }
  return pixels;
}
