import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  diskOutput,
  eventsPerSecond,
  networkOutput,
} from '../../../../measure/analyse/benchmarks/tool-output';

/** What the tools of Debian 12 printed: fio 3.33, sysbench 1.0.20, iperf 3.12. */
const recorded = (name: string) => readFileSync(join(__dirname, '../../fixtures/benchmarks', name), 'utf8');

test('fio tells the rate of reads and how long 99 of 100 took at most', () => {
  const read = diskOutput(recorded('fio-random-read.json'));
  expect(read?.iops).toBeCloseTo(27759.7, 1);
  // Both are rates over the same time, and each read has 4 KiB.
  expect((read?.bytesPerSecond ?? 0) / (read?.iops ?? 1) / 4096).toBeCloseTo(1, 2);
  expect(read?.p99Milliseconds).toBeGreaterThan(0.01);
});

test('fio with an fsync after each write tells the wait for the fsync, not that for the write before it', () => {
  const text = recorded('fio-write-synced.json');
  const [job] = JSON.parse(text).jobs;
  expect(diskOutput(text)).toEqual({
    iops: job.write.iops,
    bytesPerSecond: job.write.bw_bytes,
    p99Milliseconds: job.sync.lat_ns.percentile['99.000000'] / 1e6,
  });
  expect(diskOutput(`fio: a warning\n${text}`)?.iops).toBe(job.write.iops);
});

test('sysbench tells events by their time, of the CPU and of a program of its own alike', () => {
  const cpu = recorded('sysbench-cpu.txt');
  const printed = Number(/events per second:\s+([\d.]+)/.exec(cpu)?.[1]);
  expect(Math.abs((eventsPerSecond(cpu) ?? 0) / printed - 1)).toBeLessThan(0.01);
  expect(eventsPerSecond(recorded('sysbench-triad.txt'))).toBeGreaterThan(1);
});

test('iperf3 tells what the receiver has got, and of UDP what was lost', () => {
  const tcp = networkOutput(recorded('iperf3-tcp.json'));
  expect(tcp?.bitsPerSecond).toBeCloseTo(25_737_958_460, -1);
  expect(tcp?.lostPercent).toBeNull();
  const udp = networkOutput(recorded('iperf3-udp.json'));
  expect(udp?.bitsPerSecond).toBeCloseTo(14_053_418_032, -1);
  const { sum_sent, sum_received } = JSON.parse(recorded('iperf3-udp.json')).end;
  expect(udp?.lostPercent).toBeCloseTo(100 * (1 - sum_received.bytes / sum_sent.bytes), 9);
});

test('loss never has what was lost in the beginning, which iperf3 counts to more than all', () => {
  const udp = recorded('iperf3-udp-flooded.json');
  expect(JSON.parse(udp).end.sum_received.lost_percent).toBeGreaterThan(100);
  expect(networkOutput(udp)?.lostPercent).toBeGreaterThan(70);
  expect(networkOutput(udp)?.lostPercent).toBeLessThan(100);
});

test('what is no result gives no value', () => {
  const nothing = ['', 'Segmentation fault', '{}', '{"jobs": []}', recorded('iperf3-refused.json')];
  for (const text of nothing) {
    expect([diskOutput(text), eventsPerSecond(text), networkOutput(text)]).toEqual([null, null, null]);
  }
});
