import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoadPlan } from '../../config/lab';
import { analyseLadders } from '../../measure/analyse/load/ladders';
import { collectLoad } from '../../measure/collect/load/load';
import type { LoadLadder } from '../../measure/run/raw-data';
import { RunDirectory } from '../../measure/run/run-directory';
import { registerPlan } from '../../measure/run/run-plan';
import { noAgent, testLab } from '../measure/collect/fixtures';
import { NamespaceNode } from '../measure/collect/namespace-node';
import { known } from './network';

jest.setTimeout(240_000);

/** What the only worker of the server takes for each request, and what users think on average, seconds. */
const service = 0.1;
const think = 0.3;
const users = [1, 2, 12];

test('users of a server with one worker get what the operational laws say, and the knee is found', async () => {
  const node = await NamespaceNode.create();
  const directory = mkdtempSync(join(tmpdir(), 'users-'));
  const load: LoadPlan = {
    repetitions: 1,
    pages: 1,
    rates: { first: 1, factor: 2, steps: 1, refinements: 0 },
    stepSeconds: 20,
    drainSeconds: 20,
    inFlight: 200,
    users,
    thinkSeconds: think,
    limits: { answeredPercent: 99, latencySeconds: 4, growthPercent: 5 },
  };
  const lab = testLab({ guests: testLab().guests.slice(0, 1), plans: { load: { load } } });
  const plan = registerPlan(lab, {
    run: 'users',
    planName: 'load',
    scenarios: ['load'],
    registeredAt: '2026-01-01T00:00:00Z',
    missingApplications: [],
  });
  const program = join(__dirname, 'known-server.py');
  const law = ['192.168.10.29', '80', 'one', String(service)];
  const server = await node.shell.start(node.inGuest(['python3', '-u', program, ...law]));
  let printed = '';
  await new Promise<void>((resolve) => {
    server.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      if (printed.includes('ready')) resolve();
    });
  });
  server.stderr.resume();
  const faults = await collectLoad(
    {
      shell: node.shell,
      clock: { now: () => Date.now() / 1000, offsetSeconds: 0, uncertaintySeconds: 0 },
      nextRate: () => null,
      application: () => ({ port: 80, pages: ['/'] }),
      agent: noAgent,
      progress: () => {},
      signal: new AbortController().signal,
    },
    plan,
    new RunDirectory(directory),
  );
  server.kill();
  await server.ended;
  await node.remove();
  const taken = printed.trim().split('\n').slice(1).map(Number);
  const capacity = taken.length / taken.reduce((sum, each) => sum + each, 0);
  const file = join(directory, 'raw', 'load', '000-wordpress.json');
  const ladder = JSON.parse(readFileSync(file, 'utf8')) as LoadLadder;
  rmSync(directory, { recursive: true });
  expect(faults).toEqual([]);
  const [result] = analyseLadders(plan, [ladder]);
  const steps = known(result?.userSteps);
  expect(steps.map((step) => [step.users, step.failed])).toEqual(users.map((each) => [each, 0]));
  for (const { users: number, answeredPerSecond, meanSeconds } of steps) {
    // No throughput is above both asymptotes, but for the chance of think times; many users reach the one of the capacity.
    const bound = Math.min(number / (1 / capacity + think), capacity);
    expect(answeredPerSecond / bound).toBeLessThan(number > 2 ? 1.05 : 1.35);
    expect(answeredPerSecond / bound).toBeGreaterThan(number > 2 ? 0.9 : 0.6);
    // The response time law, R = N/X − Z.
    const law = number / answeredPerSecond - think;
    expect(Math.abs(known(meanSeconds) - law) / (law + think)).toBeLessThan(0.3);
  }
  // The asymptotes meet at (S + Z) / S = 4 users.
  expect(known(result?.kneeUsers) / (1 + think * capacity)).toBeGreaterThan(0.85);
  expect(known(result?.kneeUsers) / (1 + think * capacity)).toBeLessThan(1.3);
});
