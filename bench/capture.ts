/**
 * How fast a capture is analysed, beside tshark with the same fields on the same file in the same run, and with how much
 * memory. Arguments: size in MB, default 100; "memory" instead of tshark, for large files.
 */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { start } from '../machine/command';
import { analyseCapture } from '../measure/analyse/captures/capture-analysis';
import { readSessions } from '../measure/analyse/captures/capture-sessions';
import { PacketFilter } from '../measure/analyse/packets/packet-filter';
import { ethernet, ipv4Tcp, pcap, type TestPacket } from '../test/measure/fixtures/pcap-writer';

const megabytes = Number(process.argv[2] ?? 100);
const beside = process.argv[3] !== 'memory';
const flows = 64;
const directory = mkdtempSync(join(tmpdir(), 'bench-capture-'));
const file = join(directory, 'bench.pcap');
/** What our analysis takes from each packet. */
const fields = [
  ...['frame.time_epoch', 'frame.len', 'ip.src', 'ip.dst', 'tcp.srcport', 'tcp.dstport', 'tcp.len'],
  ...['tcp.analysis.retransmission', 'tcp.analysis.out_of_order', 'tcp.analysis.ack_rtt'],
];

/** Every packet must have been read: a fast reader of half a file is no reader. */
const expected = { packets: 0 };

/** Trains of data with an ACK for every second segment, as a download has them. */
function writeCapture(): number {
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, pcap([]));
  const sequence = new Map<number, number>();
  let bytes = 24;
  let packets = 0;
  while (bytes < megabytes * 1e6) {
    const batch: TestPacket[] = [];
    for (let i = 0; i < 3000; i++, packets++) {
      const flow = Math.floor(packets / 30) % flows;
      const at = sequence.get(flow) ?? 1;
      const isAck = packets % 3 === 2;
      const client = `10.1.0.${flow + 2}`;
      const server = '10.2.0.2';
      const ipId = packets & 0xffff;
      const up = { from: client, to: server, sourcePort: 40000, destinationPort: 80, ipId };
      const down = { from: server, to: client, sourcePort: 80, destinationPort: 40000, ipId };
      const frame = ethernet(
        ipv4Tcp(
          isAck ? { ...up, sequence: 1, acknowledgement: at } : { ...down, sequence: at, payload: 1448 },
        ),
      );
      if (!isAck) sequence.set(flow, at + 1448);
      batch.push({ time: 1_900_000_000_000_000_000n + BigInt(packets) * 10_000n, frame });
    }
    const content = pcap(batch).subarray(24);
    writeSync(descriptor, content);
    bytes += content.length;
  }
  closeSync(descriptor);
  expected.packets = packets;
  return bytes;
}

function readOnly(): void {
  const descriptor = openSync(file, 'r');
  const buffer = Buffer.alloc(1 << 20);
  while (readSync(descriptor, buffer) > 0);
  closeSync(descriptor);
}

function check({ frames, otherFrames }: { frames: number; otherFrames: number }): void {
  if (frames - otherFrames !== expected.packets) throw new Error(`${frames} frames of ${expected.packets}`);
}

/** Answers MB/s. */
async function time(name: string, bytes: number, run: () => unknown): Promise<number> {
  const before = process.hrtime.bigint();
  await run();
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  const rate = bytes / 1e6 / seconds;
  console.log(`${name.padEnd(34)} ${seconds.toFixed(2).padStart(8)} s ${rate.toFixed(0).padStart(8)} MB/s`);
  return rate;
}

async function main(): Promise<void> {
  const bytes = writeCapture();
  console.log(`${(bytes / 1e6).toFixed(0)} MB; load ${loadavg()[0]?.toFixed(1)} on ${cpus().length} CPUs`);
  await time('the file alone', bytes, readOnly);
  await time('ours, first', bytes, () => check(analyseCapture(file)));
  const ours = await time('ours, second', bytes, () => check(analyseCapture(file)));
  await time('ours, each session by itself', bytes, () =>
    check(readSessions(file, new PacketFilter(null, null))),
  );
  console.log(`memory, peak of the process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
  if (beside) {
    const tshark = await time('tshark -T fields, the same fields', bytes, () =>
      start(['tshark', '-n', '-r', file, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])], {
        stdio: ['ignore', 'ignore', 'ignore'],
      }),
    );
    console.log(`ours is ${(ours / tshark).toFixed(1)} times as fast as tshark`);
  }
}

main().finally(() => rmSync(directory, { recursive: true }));
