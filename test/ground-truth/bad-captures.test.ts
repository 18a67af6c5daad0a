import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type CaptureReport, reportCaptures } from '../../measure/analyse/captures/capture-report';
import { CaptureFault } from '../../measure/analyse/packets/capture-format';
import { PacketFilter } from '../../measure/analyse/packets/packet-filter';
import {
  cooked,
  ethernet,
  ipv4Tcp,
  ipv6Tcp,
  pcap,
  pcapng,
  type TestPacket,
} from '../measure/fixtures/pcap-writer';

const directory = mkdtempSync(join(tmpdir(), 'bad-captures-'));
afterAll(() => rmSync(directory, { recursive: true }));

const begin = 1_900_000_000_000_000_000n;
const segment = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 40000, destinationPort: 80, payload: 20 };
const packets = (frame: (sequence: number) => Buffer, times = [0, 10, 20, 30]): TestPacket[] =>
  times.map((ms, index) => ({ time: begin + BigInt(ms) * 1_000_000n, frame: frame(1000 + 20 * index) }));
const plain = (times?: number[]): TestPacket[] =>
  packets((sequence) => ethernet(ipv4Tcp({ ...segment, sequence })), times);

let files = 0;
function save(bytes: Buffer): string {
  const file = join(directory, `${files++}.pcap`);
  writeFileSync(file, bytes);
  return file;
}
const all = { filter: new PacketFilter(null, null), sharedClock: true };
const report = (bytes: Buffer): CaptureReport => reportCaptures(save(bytes), null, all);

test('10,000 mutations of captures of every kind: a named fault, or a report without a crash and without a figure that is no number', () => {
  const originals = [
    pcap(plain()),
    pcap(plain(), { littleEndian: false, nanoseconds: true }),
    pcap(packets((sequence) => ethernet(ipv4Tcp({ ...segment, sequence }), 0x0800, [10, 20]))),
    pcap(
      packets((sequence) => cooked(ipv4Tcp({ ...segment, sequence }), 2)),
      { linkType: 276 },
    ),
    pcap(packets((sequence) => ethernet(ipv6Tcp({ ...segment, sequence }), 0x86dd))),
    pcapng(plain(), [{ resolution: 6 }, { resolution: 9, drops: 1 }, { resolution: 0x80 | 20 }]),
  ];
  const file = join(directory, 'mutated.pcap');
  const outcomes = { refused: 0, partial: 0, whole: 0 };
  fc.assert(
    fc.property(
      fc.constantFrom(...originals),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 12 }),
      fc.option(fc.nat(400)),
      (original, changes, cut) => {
        const bytes = Buffer.from(original.subarray(0, Math.max(0, original.length - (cut ?? 0))));
        for (const [at, value] of changes) if (bytes.length > 0) bytes[at % bytes.length] = value;
        writeFileSync(file, bytes);
        try {
          const found = reportCaptures(file, null, all);
          expect(found.files[0]?.frames).toBeLessThanOrEqual(bytes.length / 16);
          // JSON turns NaN and Infinity into null, so they are looked for before.
          expectFinite(found);
          outcomes[found.files[0]?.partial ? 'partial' : 'whole'] += 1;
        } catch (error) {
          if (!(error instanceof CaptureFault)) throw error;
          expect(error.message).toMatch(/^.+mutated\.pcap: .+, at byte \d+$/);
          outcomes.refused += 1;
        }
      },
    ),
    { seed: 11, numRuns: 10_000 },
  );
  expect(Math.min(...Object.values(outcomes))).toBeGreaterThan(500);
}, 120_000);

function expectFinite(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${value} in a report`);
  if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) expectFinite(part);
}

test('a capture without packets knows no durations and no rates, and says so by null, not by 0', () => {
  const { paperTable, sessions, files: read } = report(pcap([]));
  expect(sessions).toEqual([]);
  expect(read[0]).toMatchObject({ frames: 0, firstAt: null, lastAt: null, seconds: null, partial: null });
  expect(paperTable.captured).toEqual({
    packets: 0,
    seconds: null,
    packetsPerSecond: null,
    averagePacketBytes: null,
    bytes: 0,
    bytesPerSecond: null,
    bitsPerSecond: null,
  });
});

test('a cut capture is told with file and byte, and its loss is unknown', () => {
  const whole = pcap(plain());
  const [complete, cut] = [save(whole), save(whole.subarray(0, whole.length - 5))];
  const { files: read, sessions, notes } = reportCaptures(complete, cut, all);
  const offset = pcap(plain().slice(0, 3)).length;
  expect(read.map(({ partial }) => partial)).toEqual([null, { reason: 'cut off inside a packet', offset }]);
  expect(notes[0]).toContain(`${cut}: cut off inside a packet, at byte ${offset}`);
  expect(sessions[0]?.directions[0]?.twoEnded).toMatchObject({
    sent: 4,
    received: 3,
    lost: null,
    lossPercent: null,
    unknownBecause: `${cut} is cut off or corrupt`,
  });
});

test('where the clock was set back, durations, rates, gaps and delays are unknown', () => {
  const { paperTable, sessions, notes } = report(pcap(plain([0, 10, -5000, -4990])));
  expect(paperTable.captured).toMatchObject({ packets: 4, seconds: null, bitsPerSecond: null });
  expect(sessions[0]).toMatchObject({ seconds: null });
  expect(sessions[0]?.directions[0]).toMatchObject({
    packets: 4,
    seconds: null,
    throughputBitsPerSecond: null,
    gap: null,
  });
  expect(notes[0]).toContain('the clock was set back by 5.01 s');
});

test('a few frames out of order in the file are noted, and times stay known', () => {
  const { paperTable, notes } = report(pcap(plain([0, 10, 9, 20])));
  expect(paperTable.captured.seconds).toBeCloseTo(0.02, 6);
  expect(notes).toEqual([expect.stringContaining('1 frames are stamped earlier')]);
});

test('packets that the capture itself dropped make loss unknown', () => {
  const file = save(pcapng(plain(), [{ resolution: 9, drops: 2 }]));
  const { sessions, files: read } = reportCaptures(file, file, all);
  expect(read[0]?.recordedDrops).toBe(2);
  expect(sessions[0]?.directions[0]?.twoEnded).toMatchObject({ sent: 4, received: 4, lost: null });
  expect(sessions[0]?.directions[0]?.twoEnded?.unknownBecause).toContain('dropped 2 packets itself');
});
