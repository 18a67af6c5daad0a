import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderCaptures } from '../../../../measure/report/terminal/capture-terminal';
import { pcap } from '../../fixtures/pcap-writer';
import { bothWays, report, udp } from '../../fixtures/two-ends';

const directory = mkdtempSync(join(tmpdir(), 'recorded-drops-'));
afterAll(() => rmSync(directory, { recursive: true }));

type Option = readonly [code: number, value: bigint];
const frames = Array.from({ length: 6 }, (_, index) =>
  udp({
    from: '10.0.0.1',
    to: '10.0.0.2',
    sourcePort: 40_000,
    destinationPort: 53,
    payload: Buffer.alloc(9),
    ipId: index + 1,
  }),
);

/** Blocks of a pcapng section in one byte order. */
function section(little: boolean) {
  const numbers = (bytes: 2 | 4, ...values: number[]): Buffer => {
    const buffer = Buffer.alloc(bytes * values.length);
    values.forEach((value, index) => {
      if (little) buffer.writeUIntLE(value, bytes * index, bytes);
      else buffer.writeUIntBE(value, bytes * index, bytes);
    });
    return buffer;
  };
  const padded = (body: Buffer): Buffer => Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const block = (type: number, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts);
    const length = numbers(4, body.length + 12);
    return Buffer.concat([numbers(4, type), length, body, length]);
  };
  const options = (list: readonly Option[]): Buffer => {
    if (list.length === 0) return Buffer.alloc(0);
    const each = list.map(([code, value]) => {
      const bytes = Buffer.alloc(8);
      if (little) bytes.writeBigUInt64LE(value);
      else bytes.writeBigUInt64BE(value);
      return Buffer.concat([numbers(2, code, 8), bytes]);
    });
    return Buffer.concat([...each, Buffer.alloc(4)]);
  };
  const time = (index: number): [number, number] => {
    const microseconds = 1_900_000_000_000_000n + BigInt(index) * 20_000n;
    return [Number(microseconds >> 32n), Number(microseconds & 0xffffffffn)];
  };
  return {
    begin: Buffer.concat([
      block(0x0a0d0d0a, numbers(4, 0x1a2b3c4d), numbers(2, 1, 0), Buffer.alloc(8, 0xff)),
      block(1, numbers(2, 1, 0), numbers(4, 0)),
      block(1, numbers(2, 1, 0), numbers(4, 0)),
    ]),
    statistics: (id: number, ...list: Option[]) => block(5, numbers(4, id, 0, 0), options(list)),
    packet: (index: number, dropped: readonly Option[] = [], id = 0): Buffer => {
      const frame = frames[index] ?? Buffer.alloc(0);
      const head = numbers(4, id, ...time(index), frame.length, frame.length);
      return block(6, head, padded(frame), options(dropped));
    },
    oldPacket: (index: number, dropped: number): Buffer => {
      const frame = frames[index] ?? Buffer.alloc(0);
      const head = numbers(4, ...time(index), frame.length, frame.length);
      return block(2, numbers(2, 0, dropped), head, padded(frame));
    },
  };
}

let files = 0;
function save(bytes: Buffer): string {
  const file = join(directory, `${files++}.pcapng`);
  writeFileSync(file, bytes);
  return file;
}
const unknown = 0xffff_ffff_ffff_ffffn;
const [whole, first, second] = [[0, 1, 2, 3, 4, 5], [0, 1, 2], [5]] as const;

describe.each([
  ['little', true],
  ['big', false],
])('drops that a pcapng file of %s byte order records', (_, little) => {
  const { begin, statistics, packet, oldPacket } = section(little);
  const packets = (...indices: readonly number[]): Buffer =>
    Buffer.concat(indices.map((index) => packet(index)));
  const client = save(Buffer.concat([begin, packets(...whole), statistics(0, [5, 0n])]));
  const withStatistics = (...list: Option[]): Buffer =>
    Buffer.concat([begin, packets(...first, ...second), statistics(0, ...list)]);

  test.each([
    ['by the interface', withStatistics([5, 2n]), 2],
    ['by the system', withStatistics([7, 2n]), 2],
    ['by interface and system', withStatistics([5, 1n], [7, 1n]), 2],
    ['between filter and program', withStatistics([6, 6n], [8, 4n]), 2],
    [
      'between filter and program, of which the system counts one',
      withStatistics([6, 6n], [7, 1n], [8, 4n]),
      2,
    ],
    ['none, between filter and program', withStatistics([6, 4n], [8, 4n]), 0],
    ['none that is known', withStatistics([5, unknown], [7, unknown]), null],
    ['only by what was received', withStatistics([4, 6n], [6, 6n]), null],
    [
      'of a later block, which counts from the beginning',
      Buffer.concat([begin, statistics(0, [5, 1n]), packets(...first, ...second), statistics(0, [5, 2n])]),
      2,
    ],
    [
      'of two interfaces',
      Buffer.concat([begin, packets(...first, ...second), statistics(0, [5, 1n]), statistics(1, [7, 1n])]),
      2,
    ],
    ['before a packet', Buffer.concat([begin, packets(...first), packet(5, [[4, 2n]])]), 2],
    [
      'before packets of two interfaces',
      Buffer.concat([begin, packets(...first), packet(4, [[4, 1n]], 1), packet(5, [[4, 1n]])]),
      2,
    ],
    ['before no packet', Buffer.concat([begin, packets(...first), packet(5, [[4, 0n]])]), 0],
    [
      'before a packet and by the interface, the same ones',
      Buffer.concat([begin, packets(...first), packet(5, [[4, 2n]]), statistics(0, [5, 2n])]),
      2,
    ],
    ['before an old packet block', Buffer.concat([begin, packets(...first), oldPacket(5, 2)]), 2],
    [
      'before an old packet block, not known',
      Buffer.concat([begin, packets(...first), oldPacket(5, 65535)]),
      null,
    ],
    ['not at all', Buffer.concat([begin, packets(...first, ...second)]), null],
    ['of two sections', Buffer.concat([withStatistics([5, 1n]), begin, statistics(0, [5, 1n])]), 2],
  ] as const)('%s', (_name, bytes, drops) => {
    const found = report(client, save(bytes));
    expect(found.files.map(({ recordedDrops }) => recordedDrops)).toEqual([0, drops]);
    const [{ lost, unknownBecause, lossCaveat }] = bothWays(found);
    const text = renderCaptures(found, false);
    if (drops === null || drops === 0) {
      expect(lost).toBeGreaterThan(0);
      expect(lossCaveat === null).toBe(drops === 0);
      expect(text.includes('does not record how many packets the capture dropped itself')).toBe(
        drops === null,
      );
    } else {
      expect(lost).toBeNull();
      expect(unknownBecause).toContain('dropped 2 packets itself');
      expect(text).toContain('counts are too low');
    }
  });
});

test('a classic pcap has no place for drops, and its loss says so', () => {
  const packets = frames.map((frame, index) => ({ time: 1_900_000_000_000_000_000n + BigInt(index), frame }));
  const file = save(pcap(packets, { nanoseconds: true }));
  const [{ lost, lossCaveat }] = bothWays(report(file, file));
  expect(lost).toBe(0);
  expect(lossCaveat).toContain('do not record how many packets the capture dropped itself');
});
