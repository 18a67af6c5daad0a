import { type QuietOptions, waitForQuiet } from '../../../measure/collect/quiet';
import { Sampler } from '../../../measure/collect/resources/sampler';
import type { CounterSample } from '../../../measure/run/raw-data';
import { LocalShell } from './local-shell';

const constants = { cpus: 2, ticksPerSecond: 100 };

/** A node whose CPUs work so much, % of all, in each second; the last value goes on. A guest takes `guest` of it. */
function node(percents: readonly number[], guest = 0) {
  let second = 0;
  let idle = 0;
  let guestTicks = 0;
  const opened: boolean[] = [];
  const open = async () => {
    opened.push(true);
    return {
      constants,
      next: async (): Promise<CounterSample> => {
        const busy = percents[Math.min(second, percents.length - 1)] ?? 0;
        second += 1;
        idle += (200 * (100 - busy)) / 100;
        guestTicks += (200 * guest) / 100;
        const sample = { time: second, cpuIdleTicks: idle, guests: [{ vmid: 129, cpuTicks: guestTicks }] };
        return sample as unknown as CounterSample;
      },
      close: async () => {
        opened.pop();
      },
    };
  };
  return { open, opened };
}

async function waited(of: ReturnType<typeof node>, options: Partial<QuietOptions> = {}) {
  const said: string[] = [];
  const asked: string[] = [];
  const ask = async (question: string) => {
    asked.push(question);
    return undefined;
  };
  const signal = new AbortController().signal;
  const seen = await waitForQuiet(of.open, { ask, signal, say: (line) => said.push(line), ...options });
  return { seen, said, asked };
}

test('a quiet node is said to be quiet, and nobody is asked', async () => {
  const { seen, said, asked } = await waited(node([3]), { waitMinutes: 10 });
  expect(said).toEqual(['other work on the node: 3.0 % of all CPUs, quiet']);
  expect(asked).toEqual([]);
  expect(seen).toEqual({ othersCpuPercent: 3, waitedSeconds: 0 });
});

test("the guests' own work is not other work", async () => {
  const { seen, said } = await waited(node([80], 75));
  expect(seen.othersCpuPercent).toBeCloseTo(5);
  expect(said).toEqual([expect.stringContaining('quiet')]);
});

test('where nobody can answer, a busy node is said to be busy and the run goes on', async () => {
  const { seen, said } = await waited(node([43]));
  expect(said).toEqual([
    'the node is busy with other work: 43 % of all CPUs (quiet is at most 10 %); it will disturb visits',
    'going on; --wait-quiet MINUTES waits for a quiet node',
  ]);
  expect(seen).toEqual({ othersCpuPercent: 43, waitedSeconds: 0 });
});

test('a wait tells how it goes on, and ends when the node has been quiet for three looks of 5 s', async () => {
  const busy = Array<number>(40).fill(60);
  const { seen, said, asked } = await waited(node([...busy, 2]), { waitMinutes: 10 });
  expect(asked).toEqual([]);
  expect(said.slice(1)).toEqual([
    'waiting for a quiet node, at most 10 min',
    'still waiting, at most 10 min more: other work 60 % of all CPUs',
    expect.stringMatching(/^the node is quiet after \d+ s$/),
  ]);
  expect(seen.othersCpuPercent).toBe(2);
});

test('a pause of the other work is not taken for its end', async () => {
  const pauses = [...Array<number>(12).fill(60), ...Array<number>(6).fill(1)];
  const { said } = await waited(node([...pauses, ...pauses, ...pauses, 60]), { waitMinutes: 2 });
  expect(said.filter((line) => line.startsWith('still'))).toHaveLength(3);
  expect(said.at(-1)).toMatch(/^warning: the node is still busy .* after 2 min; going on/);
});

test('a person says how long to wait, and Enter goes on at once', async () => {
  const waiting = await waited(node([60]), { ask: async () => '1' });
  expect(waiting.said).toContain('waiting for a quiet node, at most 60 s');
  expect(waiting.seen.waitedSeconds).toBe(60);
  expect((await waited(node([60]), { ask: async () => '' })).seen.waitedSeconds).toBe(0);
});

test('Ctrl-C ends the wait, and the readings with it', async () => {
  const abort = new AbortController();
  const of = node([60]);
  const say = (line: string) => line.startsWith('still') && abort.abort(new Error('interrupted'));
  await expect(waited(of, { waitMinutes: 10, say, signal: abort.signal })).rejects.toThrow('interrupted');
  expect(of.opened).toEqual([]);
});

test('counters that do not move tell nothing', async () => {
  const open = async () => {
    let time = 0;
    return {
      constants: { ...constants, cpus: 0 },
      next: async () => ({ time: time++, cpuIdleTicks: 0, guests: [] }) as unknown as CounterSample,
      close: async () => {},
    };
  };
  const { seen, said } = await waited({ open, opened: [] });
  expect(seen.othersCpuPercent).toBeNull();
  expect(said).toEqual(['other work on the node: its counters do not tell']);
});

test('the sampler on a real machine gives what is looked at', async () => {
  const { seen } = await waited({ open: () => Sampler.start(new LocalShell(), 1, []), opened: [] });
  expect(seen.othersCpuPercent).toBeGreaterThan(0);
  expect(seen.othersCpuPercent).toBeLessThanOrEqual(100);
});
