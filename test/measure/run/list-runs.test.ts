import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunRow, runRow } from '../../../measure/analyse/run-list';
import { renderRunList } from '../../../measure/report/terminal/list-terminal';
import { listRuns } from '../../../measure/run/list-runs';
import { RunDirectory } from '../../../measure/run/run-directory';
import { edit, inventedRuns } from '../fixtures/invented-runs';

const { root, invent } = inventedRuns();
const names: string[] = [];

/** An invented run by a name of its own, registered at a time. */
function run(name: string, registeredAt: string, options: Parameters<typeof invent>[0] = {}): string {
  const directory = join(root, name);
  renameSync(invent(options), directory);
  names.push(name);
  edit(join(directory, 'plan.json'), (plan) => {
    plan.run = name;
    plan.registeredAt = registeredAt;
  });
  return directory;
}

const rows = (): readonly RunRow[] => listRuns(root).map(runRow);
const row = (name: string): RunRow | undefined => rows().find((each) => each.run === name);

afterEach(() => {
  for (const name of names.splice(0)) rmSync(join(root, name), { recursive: true });
});

test('runs are listed with what they are of, the newest first', () => {
  run('older', '2030-03-17T17:46:40.000Z', { acceleration: 'simulated' });
  run('newer', '2030-03-18T09:00:00.000Z', { acceleration: 'kvm', blocks: 2 });
  expect(rows()).toMatchObject([
    { run: 'newer', plan: 'short', target: 'local', acceleration: 'kvm', faults: 0, state: 'ended' },
    { run: 'older', registeredAt: '2030-03-17T17:46:40.000Z', acceleration: 'simulated', state: 'ended' },
  ]);
  expect(row('newer')?.repetitions).toEqual([
    { scenario: 'resources', planned: 2, least: 2, most: 2 },
    { scenario: 'qos', planned: 3, least: 3, most: 3 },
  ]);
  expect(row('newer')?.bytes).toBeGreaterThan(10_000);
});

test('a run that lacks visits is interrupted, and running for as long as a process measures it', async () => {
  const directory = run('part', '2030-03-17T17:46:40.000Z');
  rmSync(join(directory, 'raw/resources/003-level2.json'));
  expect(row('part')).toMatchObject({ state: 'interrupted', faults: 0 });
  expect(row('part')?.repetitions?.[0]).toMatchObject({ planned: 3, least: 2, most: 3 });
  const claim = await new RunDirectory(directory).claim();
  expect(row('part')?.state).toBe('running');
  await claim.release();
  expect(row('part')?.state).toBe('interrupted');
});

test('a visit with a fault was made: the run has ended, and the fault is counted', () => {
  const directory = run('faulty', '2030-03-17T17:46:40.000Z');
  edit(join(directory, 'raw/resources/003-level2.json'), (visit) => {
    visit.fault = 'the guest did not start';
  });
  expect(row('faulty')).toMatchObject({ state: 'ended', faults: 1 });
  expect(row('faulty')?.repetitions?.[0]).toMatchObject({ planned: 3, least: 2, most: 3 });
});

test('a run that a rule of precision has stopped has ended', () => {
  const directory = run('precise', '2030-03-17T17:46:40.000Z', { blocks: 12 });
  edit(join(directory, 'plan.json'), (plan) => {
    const { resources } = plan.plan as { resources: Record<string, unknown> };
    resources.precision = { metric: 'memoryUsedBytes', relativeWidth: 0.5 };
  });
  for (const visit of ['047-level3', '046-level1', '045-level0', '044-level2']) {
    rmSync(join(directory, `raw/resources/${visit}.json`), { force: true });
  }
  expect(row('precise')).toMatchObject({ state: 'ended' });
  expect(row('precise')?.repetitions?.[0]?.least).toBeLessThan(12);
});

test('runs that cannot be read are listed with the reason and stop none of the others', () => {
  run('good', '2030-03-17T17:46:40.000Z');
  const broken = run('broken', '2030-03-18T17:46:40.000Z');
  writeFileSync(join(broken, 'raw/environment.json'), '{');
  mkdirSync(join(root, 'stray'));
  names.push('stray');
  expect(rows().map(({ run, state }) => [run, state])).toEqual([
    ['broken', 'unreadable'],
    ['good', 'ended'],
    ['stray', 'unreadable'],
  ]);
  expect(row('broken')).toMatchObject({ plan: 'short', target: null, faults: null });
  expect(row('broken')?.reasons).toEqual([expect.stringMatching(/^raw\/environment\.json: /)]);
  expect(row('stray')?.reasons).toContainEqual(expect.stringMatching(/^plan\.json: /));
});

test('the table labels what was emulated or simulated, and tells why a run cannot be read', () => {
  run('emulated', '2030-03-17T17:46:40.000Z');
  const text = renderRunList(
    [...rows(), { ...(rows()[0] as RunRow), run: 'gone', state: 'unreadable', reasons: ['plan.json: why'] }],
    false,
  );
  expect(text).toContain('local node, emulated');
  expect(text).toContain('2030-03-17 17:46 UTC');
  expect(text).toContain('gone: plan.json: why');
  expect(text).not.toContain('\u001b');
});
