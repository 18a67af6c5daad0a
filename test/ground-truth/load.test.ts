import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mean } from 'simple-statistics';
import type { LoadPlan } from '../../config/lab';
import { bracketOf, nextRateAfter } from '../../measure/analyse/load/load-ladder';
import { analyseLoadStep } from '../../measure/analyse/load/load-step';
import { collectLoad } from '../../measure/collect/load/load';
import { arrivals, runLoad } from '../../measure/collect/load/load-generator';
import { ScriptedReader } from '../../measure/collect/sessions/reader';
import type { LoadLadder } from '../../measure/run/raw-data';
import { RunDirectory } from '../../measure/run/run-directory';
import { registerPlan } from '../../measure/run/run-plan';
import { noAgent, testLab } from '../measure/collect/fixtures';
import { NamespaceNode } from '../measure/collect/namespace-node';
import { known } from './network';

// A minute of load, more on a busy machine.
jest.setTimeout(240_000);

const address = '192.168.10.29';
const { signal } = new AbortController();
let node: NamespaceNode;
let directory: string;
beforeAll(async () => {
  node = await NamespaceNode.create();
  directory = mkdtempSync(join(tmpdir(), 'load-'));
});
afterAll(async () => {
  await node.remove();
  rmSync(directory, { recursive: true });
});

/** known-server.py in the guest; `stop` gives what it printed, a list of numbers for each line. */
async function serve(port: number, ...law: readonly (string | number)[]) {
  const program = join(__dirname, 'known-server.py');
  const server = await node.shell.start(
    node.inGuest(['python3', '-u', program, address, String(port), ...law.map(String)]),
  );
  let printed = '';
  await new Promise<void>((resolve) => {
    server.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      if (printed.includes('ready')) resolve();
    });
  });
  server.stderr.resume();
  return {
    async stop(): Promise<readonly (readonly number[])[]> {
      server.kill();
      await server.ended;
      return printed
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ').map(Number));
    },
  };
}

test('the rates found hold what a server with one worker can do', async () => {
  const load: LoadPlan = {
    repetitions: 1,
    pages: 1,
    rates: { first: 3.9, factor: 1.8, steps: 4, refinements: 0 },
    stepSeconds: 12,
    drainSeconds: 20,
    inFlight: 200,
    limits: { answeredPercent: 99, latencySeconds: 4, growthPercent: 5 },
  };
  const lab = testLab();
  const plan = registerPlan(testLab({ guests: lab.guests.slice(0, 1), plans: { load: { load } } }), {
    run: 'one-worker',
    planName: 'load',
    scenarios: ['load'],
    registeredAt: '2026-01-01T00:00:00Z',
    missingApplications: [],
  });
  const server = await serve(80, 'one', 0.1);
  const faults = await collectLoad(
    {
      shell: node.shell,
      clock: { now: () => Date.now() / 1000, offsetSeconds: 0, uncertaintySeconds: 0 },
      nextRate: (steps) => nextRateAfter(load, steps),
      application: () => ({ port: 80, pages: ['/'] }),
      agent: noAgent,
      progress: () => {},
      signal,
    },
    plan,
    new RunDirectory(directory),
  );
  const capacity = 1 / mean((await server.stop()).flat());
  expect(faults).toEqual([]);
  const file = join(directory, 'raw', 'load', '000-wordpress.json');
  const { steps } = JSON.parse(readFileSync(file, 'utf8')) as LoadLadder;
  const results = steps.map((step) => analyseLoadStep(step, load.limits));
  const { keptUp, notKeptUp } = bracketOf(
    results.map(({ ratePerSecond, because }) => ({ ratePerSecond, keptUp: because.length === 0 })),
  );
  expect(known(keptUp)).toBeLessThan(capacity);
  expect(known(notKeptUp)).toBeGreaterThan(capacity);
  // All were answered and none was late by the limit: it is the growth that tells.
  const last = known(results.at(-1));
  expect(last.because).toEqual(['latency that grows']);
  expect(last.answered).toBe(last.requests);
  // One after the other without a pause, the answers come at the capacity, and the latency grows by what is too much.
  expect(last.answeredPerSecond / capacity).toBeGreaterThan(0.85);
  expect(last.answeredPerSecond / capacity).toBeLessThan(1.01);
  expect(known(last.growthPercent)).toBeGreaterThan(15);
});

describe('a server that stops for a second', () => {
  const stall = 1;
  /** Latencies beyond this are the stall's. */
  const late = 0.4;

  test('shows in every request that was meant for that second', async () => {
    const server = await serve(81, 'stalls', 100, stall);
    const times = arrivals(5, 300, 3);
    const { requests } = await runLoad(
      node.shell,
      {
        host: address,
        port: 81,
        requests: times.map((seconds) => ['/', seconds]),
        inFlight: 200,
        drainSeconds: 10,
      },
      (command) => node.inGuest(command),
      signal,
    );
    const [[from = Number.NaN, until = Number.NaN] = []] = await server.stop();
    const latencies = requests.map(({ endedAt, intendedAt }) => known(endedAt) - intendedAt);
    const meant = requests.filter(({ intendedAt }) => intendedAt > from && intendedAt < until - late).length;
    const measured = latencies.filter((latency) => latency > late).length;
    expect(meant).toBeGreaterThan(30);
    // Those meant just before it stopped are still on their way to it.
    expect(measured).toBeGreaterThanOrEqual(meant);
    // A busy machine delays some more; a fifth of all were meant for that second.
    expect(measured).toBeLessThan(2 * meant);
    expect(Math.max(...latencies)).toBeGreaterThan(stall);
  });

  test('shows in a single request of a client that waits for each answer', async () => {
    const server = await serve(82, 'stalls', 100, stall);
    const pages = Array.from({ length: 120 }, () => '/');
    const reader = new ScriptedReader(node.shell, (command) => node.inGuest(command), signal);
    const thinkSeconds = pages.slice(1).map(() => 0);
    const { transfers } = await reader.read({
      host: address,
      port: 82,
      pages,
      thinkSeconds,
      delaySeconds: 0,
    });
    await server.stop();
    expect(transfers).toHaveLength(120);
    expect(transfers.filter(({ endedAt, intendedAt }) => endedAt - intendedAt > late)).toHaveLength(1);
  });
});
