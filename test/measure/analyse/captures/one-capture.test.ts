import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaptureReport, reportCaptures } from '../../../../measure/analyse/captures/capture-report';
import { PacketFilter } from '../../../../measure/analyse/packets/packet-filter';
import { ethernet, ipv4Tcp, pcap, type Segment } from '../../fixtures/pcap-writer';

const directory = mkdtempSync(join(tmpdir(), 'one-capture-'));
afterAll(() => rmSync(directory, { recursive: true }));

const begin = 1_900_000_000_000_000_000n;
const up: Segment = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 40000, destinationPort: 80, sequence: 1 };

let files = 0;
function report(bytes: Buffer): CaptureReport {
  const file = join(directory, `${files++}.pcap`);
  writeFileSync(file, bytes);
  return reportCaptures(file, null, { filter: new PacketFilter(null, null), sharedClock: false });
}

test.each([1, 100, 300, 1000, 5000])('a session of %i ns is as long as that, with its rates', (ns) => {
  const frame = (sequence: number): Buffer => ethernet(ipv4Tcp({ ...up, sequence, payload: 46 }));
  const { sessions, files: read } = report(
    pcap(
      [
        { time: begin + 1n, frame: frame(1) },
        { time: begin + 1n + BigInt(ns), frame: frame(47) },
      ],
      { nanoseconds: true },
    ),
  );
  expect(sessions[0]?.seconds).toBe(ns / 1e9);
  expect(sessions[0]?.directions[0]).toMatchObject({
    seconds: ns / 1e9,
    throughputBitsPerSecond: (200 * 8) / (ns / 1e9),
    gap: { min: ns / 1e9, max: ns / 1e9 },
  });
  expect(read[0]).toMatchObject({
    seconds: ns / 1e9,
    firstAtNanoseconds: '1900000000000000001',
    lastAtNanoseconds: `${begin + 1n + BigInt(ns)}`,
  });
});
