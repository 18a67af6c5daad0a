import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { analyseCapture } from '../../../../measure/analyse/captures/capture-analysis';
import { matchCaptures } from '../../../../measure/analyse/captures/match-captures';
import { CaptureFault } from '../../../../measure/analyse/packets/capture-format';
import { CaptureReader } from '../../../../measure/analyse/packets/capture-reader';
import {
  cooked,
  ethernet,
  ipv4Tcp,
  ipv6Tcp,
  pcap,
  pcapng,
  type TestPacket,
} from '../../fixtures/pcap-writer';

const directory = mkdtempSync(join(tmpdir(), 'capture-reader-'));
afterAll(() => rmSync(directory, { recursive: true }));

const second = 1_000_000_000n;
const begin = 1_900_000_000n * second;
const segment = {
  from: '192.168.20.11',
  to: '192.168.10.29',
  sourcePort: 40000,
  destinationPort: 80,
  sequence: 1000,
  payload: 100,
};
const server = { address: '192.168.10.29', port: 80 };

let files = 0;
function save(bytes: Buffer): string {
  const file = join(directory, `${files++}.pcap`);
  writeFileSync(file, bytes);
  return file;
}

/** Ten segments, 1.000001001 s apart, each cut to its headers. */
function packets(frame: (sequence: number) => Buffer, length = 10): TestPacket[] {
  return Array.from({ length }, (_, i) => {
    const whole = frame(1000 + i * 100);
    return {
      time: begin + BigInt(i) * (second + 1001n),
      frame: whole.subarray(0, whole.length - 100),
      originalLength: whole.length,
    };
  });
}
const plain = packets((sequence) => ethernet(ipv4Tcp({ ...segment, sequence })));

function readAll(file: string): { seconds: number; nanoseconds: number; originalLength: number }[] {
  const reader = new CaptureReader(file);
  const all = [];
  while (reader.next()) {
    const { seconds, nanoseconds, originalLength } = reader.packet;
    all.push({ seconds, nanoseconds, originalLength });
  }
  reader.close();
  return all;
}

describe('classic pcap', () => {
  test.each([
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ])('is read with its exact times, little endian %s, nanoseconds %s', (littleEndian, nanoseconds) => {
    const all = readAll(save(pcap(plain, { littleEndian, nanoseconds })));
    expect(all).toHaveLength(10);
    expect(all[9]).toEqual({
      seconds: 1_900_000_009,
      nanoseconds: nanoseconds ? 9009 : 9000,
      originalLength: 154,
    });
  });

  test('gives payload lengths from the IP header although packets are cut', () => {
    const { toServer } = analyseCapture(save(pcap(plain)), server);
    expect(toServer).toMatchObject({ packets: 10, wireBytes: 1540, payloadBytes: 1000, retransmissions: 0 });
  });
});

describe('pcapng', () => {
  test('is read with several interfaces, each with its own resolution', () => {
    const bytes = pcapng(plain, [{ resolution: 6 }, { resolution: 9 }, { resolution: 0x80 | 30 }]);
    const all = readAll(save(bytes));
    expect(all.map(({ seconds }) => seconds)).toEqual(
      Array.from({ length: 10 }, (_, i) => 1_900_000_000 + i),
    );
    expect(all[3]?.nanoseconds).toBe(3000);
    expect(all[4]?.nanoseconds).toBe(4004);
    expect(Math.abs((all[5]?.nanoseconds ?? 0) - 5005)).toBeLessThanOrEqual(1);
  });

  test('tells the drops that it records', () => {
    const reader = new CaptureReader(
      save(
        pcapng(plain, [
          { resolution: 6, drops: 3 },
          { resolution: 6, drops: 4 },
        ]),
      ),
    );
    while (reader.next());
    expect(reader.recordedDrops).toBe(7);
  });

  test('of several sections forgets the interfaces of the one before', () => {
    const one = pcapng(plain, [{ resolution: 9 }]);
    const two = pcapng(plain, [{ resolution: 6 }]);
    expect(readAll(save(Buffer.concat([one, two])))).toHaveLength(20);
  });
});

describe('frames', () => {
  test.each([
    [
      'two VLAN tags',
      packets((sequence) => ethernet(ipv4Tcp({ ...segment, sequence }), 0x0800, [10, 20])),
      1,
    ],
    ['Linux cooked v1', packets((sequence) => cooked(ipv4Tcp({ ...segment, sequence }), 1)), 113],
    ['Linux cooked v2', packets((sequence) => cooked(ipv4Tcp({ ...segment, sequence }), 2)), 276],
    ['raw IP', packets((sequence) => ipv4Tcp({ ...segment, sequence })), 101],
    [
      'IPv6 with extension headers',
      packets((sequence) => ethernet(ipv6Tcp({ ...segment, sequence }), 0x86dd)),
      1,
    ],
  ])('of %s are taken apart', (_, frames, linkType) => {
    const analysis = analyseCapture(save(pcap(frames, { linkType })));
    expect(analysis.otherFrames).toBe(0);
    expect(analysis.flows).toHaveLength(1);
    expect(analysis.toServer).toMatchObject({ packets: 10, payloadBytes: 1000 });
  });

  test('that are fragments or cut inside their headers are counted apart, not as sessions', () => {
    const fragment = ethernet(ipv4Tcp(segment));
    fragment.writeUInt16BE(0x2000, 20);
    const short = ethernet(ipv4Tcp(segment)).subarray(0, 40);
    const analysis = analyseCapture(
      save(
        pcap([
          { time: begin, frame: fragment },
          { time: begin, frame: short, originalLength: 154 },
        ]),
      ),
    );
    expect(analysis).toMatchObject({ frames: 2, otherFrames: 2, partial: null });
  });
});

describe('a bad file', () => {
  test.each([
    ['is empty', Buffer.alloc(0), 'the file is empty'],
    ['is no capture', Buffer.from('#!/bin/sh\n'), 'not a pcap or pcapng file'],
    ['ends inside its header', pcap([]).subarray(0, 20), 'cut off inside the file header'],
  ])('that %s is refused by name', (_, bytes, reason) => {
    const file = save(bytes);
    expect(() => new CaptureReader(file)).toThrow(CaptureFault);
    expect(() => new CaptureReader(file)).toThrow(`${file}: ${reason}`);
  });

  test('that is cut gives the packets before, and says where it ends', () => {
    const whole = pcap(plain);
    const analysis = analyseCapture(save(whole.subarray(0, whole.length - 10)), server);
    expect(analysis.frames).toBe(9);
    expect(analysis.partial).toMatch(/cut off inside a packet, at byte 6\d\d/);
  });

  test('however it is broken, never crashes, hangs or yields more than it holds', () => {
    const originals = [pcap(plain), pcapng(plain, [{ resolution: 6 }, { resolution: 9 }])];
    fc.assert(
      fc.property(
        fc.constantFrom(...originals),
        fc.array(fc.tuple(fc.nat(1200), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 12 }),
        fc.nat(1200),
        (original, changes, cut) => {
          const bytes = Buffer.from(original.subarray(0, Math.max(4, original.length - cut)));
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          const file = join(directory, 'mutated.pcap');
          writeFileSync(file, bytes);
          try {
            const analysis = analyseCapture(file, server);
            expect(analysis.frames).toBeLessThanOrEqual(bytes.length / 16);
            expect(matchCaptures(file, file, server, { sharedClock: true }).toServer.lost).toBe(0);
          } catch (error) {
            expect(error).toBeInstanceOf(CaptureFault);
          }
        },
      ),
      { seed: 5, numRuns: 400 },
    );
  });
});
