import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type CaptureReport, reportCaptures } from '../../../../measure/analyse/captures/capture-report';
import { CaptureFault } from '../../../../measure/analyse/packets/capture-format';
import { PacketFilter } from '../../../../measure/analyse/packets/packet-filter';
import { ethernet, ipv4Tcp, pcap } from '../../fixtures/pcap-writer';

const directory = mkdtempSync(join(tmpdir(), 'packed-'));
afterAll(() => rmSync(directory, { recursive: true }));

const segment = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 40000, destinationPort: 80, payload: 1000 };
/** More than one window and than one packed chunk: bytes of the payload are by chance, but the same each time. */
const frames = Array.from({ length: 2000 }, (_, index) => {
  const frame = ethernet(ipv4Tcp({ ...segment, sequence: 1000 * index }));
  for (let at = 54; at < frame.length; at++)
    frame[at] = (Math.imul(at * 2000 + index, 0x9e3779b1) >>> 13) & 15;
  return { time: 1_900_000_000_000_000_000n + BigInt(index) * 1000n, frame };
});
const plain = pcap(frames);

let files = 0;
function save(bytes: Buffer, name = 'file'): string {
  const file = join(directory, `${files++}-${name}`);
  writeFileSync(file, bytes);
  return file;
}
const report = (file: string, server: string | null = null): CaptureReport =>
  reportCaptures(file, server, { filter: new PacketFilter(null, null), sharedClock: true });

/** A frame of blocks that are stored as they are (RFC 8878, section 3.1.1): no tool of the machine is needed. */
function zstd(bytes: Buffer): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt32LE(0xfd2fb528, 0);
  header.writeUInt8(0b10100000, 4);
  header.writeUInt32LE(bytes.length, 5);
  const size = 1 << 16;
  const blocks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => {
    const block = bytes.subarray(index * size, (index + 1) * size);
    const isLast = (index + 1) * size >= bytes.length;
    const head = Buffer.alloc(3);
    head.writeUIntLE((block.length << 3) | (isLast ? 1 : 0), 0, 3);
    return Buffer.concat([head, block]);
  });
  return Buffer.concat([header, ...blocks]);
}

const half = Math.floor(plain.length / 2);
const packings: [string, () => Buffer][] = [
  ['gzip', () => gzipSync(plain)],
  [
    'gzip of two members',
    () => Buffer.concat([gzipSync(plain.subarray(0, half)), gzipSync(plain.subarray(half))]),
  ],
  ['zstd', () => zstd(plain)],
  ['zstd of two frames', () => Buffer.concat([zstd(plain.subarray(0, half)), zstd(plain.subarray(half))])],
];

test.each(packings)('a capture packed with %s says what it says unpacked', (_, pack) => {
  const { files: read, ...figures } = report(save(pack()));
  const { files: same, ...expected } = report(save(plain));
  expect(figures).toEqual(expected);
  expect({ ...read[0], file: '' }).toEqual({ ...same[0], file: '' });
});

test.each(packings)('of %s that is cut off the part before is read, and the reason is told', (_, pack) => {
  const packed = pack();
  const [file] = report(save(packed.subarray(0, packed.length - 3000))).files;
  expect(file?.frames).toBeGreaterThan(1000);
  expect(file?.frames).toBeLessThan(2000);
  expect(file?.partial?.reason).toMatch(/^the (gzip|zstd) file is cut off or corrupt/);
});

test('a changed byte in a gzip file is found by its checksum', () => {
  const packed = gzipSync(plain, { level: 0 });
  packed[packed.length - 500] = (packed[packed.length - 500] ?? 0) ^ 1;
  expect(report(save(packed)).files[0]?.partial?.reason).toContain('incorrect data check');
});

test('two packed captures are matched as two that are not', () => {
  const { sessions } = report(save(gzipSync(plain)), save(zstd(plain)));
  expect(sessions[0]?.directions[0]?.twoEnded).toMatchObject({ sent: 2000, received: 2000, lost: 0 });
});

test('a fraction of a second or more is read as the sum, and noted', () => {
  const bytes = pcap(frames.slice(0, 3));
  bytes.writeUInt32LE(1_899_999_999, 24);
  bytes.writeUInt32LE(1_000_000, 28);
  const {
    files: [file],
    notes,
  } = report(save(bytes));
  expect(file).toMatchObject({ frames: 3, seconds: 2e-6, partial: null, timeReversals: 0 });
  expect(notes).toEqual([expect.stringContaining('1 stamps have a fraction of a second or more')]);
});

test.each([
  ['a pcap file of Kuznetzov’s variant', [0x34, 0xcd, 0xb2, 0xa1]],
  ['a capture of snoop', Buffer.from('snoop\0\0\0')],
  ['a file packed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]],
])('%s is refused by its name, with a way to turn it into pcapng', (name, bytes) => {
  expect(() => report(save(Buffer.from(bytes)))).toThrow(
    new RegExp(`${name}, which is not read here.*editcap`),
  );
});

test('a pipe is read once; beside another capture it is refused, with the reason', () => {
  const pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const refused = (first: string, second: string) => () => report(first, second);
  expect(refused(pipe, save(plain))).toThrow(CaptureFault);
  expect(refused(save(plain), pipe)).toThrow(/a pipe can be read only once/);
  const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', save(gzipSync(plain)), pipe]);
  expect(report(pipe).files[0]).toMatchObject({ frames: 2000, partial: null });
  writer.kill();
});
