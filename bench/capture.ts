/** How fast a capture is analysed, beside tshark on the same file in the same run. Argument: size in MB, default 100. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyseCapture } from '../measure/analyse/capture-analysis';
import { ethernet, ipv4Tcp, pcap, type TestPacket } from '../test/measure/fixtures/pcap-writer';

const megabytes = Number(process.argv[2] ?? 100);
const flows = 64;
const directory = mkdtempSync(join(tmpdir(), 'bench-capture-'));
const file = join(directory, 'bench.pcap');

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
      const ends = { client: `10.1.0.${flow + 2}`, server: '10.2.0.2' };
      const frame = ethernet(
        ipv4Tcp(
          isAck
            ? {
                from: ends.client,
                to: ends.server,
                sourcePort: 40000,
                destinationPort: 80,
                sequence: 1,
                acknowledgement: at,
                ipId: packets & 0xffff,
              }
            : {
                from: ends.server,
                to: ends.client,
                sourcePort: 80,
                destinationPort: 40000,
                sequence: at,
                payload: 1448,
                ipId: packets & 0xffff,
              },
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
  return bytes;
}

function time(name: string, bytes: number, run: () => unknown): void {
  const before = process.hrtime.bigint();
  run();
  const seconds = Number(process.hrtime.bigint() - before) / 1e9;
  console.log(
    `${name.padEnd(28)} ${seconds.toFixed(2).padStart(8)} s ${(bytes / 1e6 / seconds).toFixed(0).padStart(8)} MB/s`,
  );
}

try {
  const bytes = writeCapture();
  console.log(`${(bytes / 1e6).toFixed(0)} MB`);
  time('ours, cold', bytes, () => analyseCapture(file));
  time('ours, warm', bytes, () => analyseCapture(file));
  console.log(`memory, peak of the process: ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
  time('tshark -T fields', bytes, () =>
    execFileSync('tshark', ['-r', file, '-T', 'fields', '-e', 'frame.len', '-e', 'tcp.analysis.ack_rtt'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 30,
    }),
  );
} finally {
  rmSync(directory, { recursive: true });
}
