import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean, quantile } from 'simple-statistics';
import { known, onlySession, type Recording, record, report } from './network';

/** One-way delays and jitter are held to what the relay did, packet by packet: within a millisecond, mostly its own wake-up. */
const statedError = 0.001;

/** Seconds that the relay itself kept each packet, in order, to the server and to the client. */
function truth({ directory }: Recording): readonly (readonly number[])[] {
  const rows = readFileSync(join(directory, 'relay.csv'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split(','));
  return ['to server', 'to client'].map((direction) =>
    rows
      // The datagrams alone: 160 bytes with their headers.
      .filter(([name, length]) => name === direction && length === '188')
      .map(([, , nanoseconds]) => Number(nanoseconds) / 1e9),
  );
}

/** RFC 3550, section 6.4.1, over a list. */
function jitterOf(delays: readonly number[]): number {
  let estimate = 0;
  const estimates = delays.slice(1).map((delay, index) => {
    estimate += (Math.abs(delay - (delays[index] as number)) - estimate) / 16;
    return estimate;
  });
  return mean(estimates);
}

test.each(['constant:30', 'alternating:20:8', 'uniform:20:9'])(
  'behind a relay that delays by %s ms, delay, variation and jitter are those it made',
  (law) => {
    const recording = record('relay', law, 'udp', 200);
    const delays = truth(recording);
    const [name, base = 0, range = 0] = law
      .split(':')
      .map((part, index) => (index === 0 ? part : Number(part) / 1000));
    for (const [index, { twoEnded }] of onlySession(report(recording)).entries()) {
      const made = known(delays[index]) as number[];
      const { lost, oneWayDelay, jitter, pdv } = known(twoEnded);
      expect(lost).toBe(0);
      const delay = known(oneWayDelay);
      expect(delay.samples).toBe(made.length);
      expect(delay.min).toBeGreaterThanOrEqual(Number(base));
      // No medians: an alternating delay has none that means anything.
      for (const [ours, theirs] of [
        [delay.mean, mean(made)],
        [delay.p95, quantile(made, 0.95)],
        [known(jitter).mean, jitterOf(made)],
        [known(pdv).p95, quantile(made, 0.95) - Math.min(...made)],
      ] as const) {
        expect(Math.abs(ours - theirs)).toBeLessThan(statedError + 0.01 * theirs);
      }
      // The law itself, as far as a busy machine lets the relay keep to it.
      const middle = Number(base) + (name === 'uniform' ? Number(range) / 2 : 0);
      if (name !== 'alternating') expect(Math.abs(delay.median - middle)).toBeLessThan(0.004);
      else expect(known(twoEnded?.ipdv).median).toBeCloseTo(Number(range), 2);
    }
  },
);
