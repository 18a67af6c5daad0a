import { appendFileSync } from 'node:fs';
import { journalFile } from '../../../measure/run/journal';
import type { PlanRow } from '../../../measure/watch/plan-rows';
import { RunWatch } from '../../../measure/watch/run-watch';
import { GrowingRun } from '../fixtures/growing-run';

const runs: GrowingRun[] = [];
afterAll(() => {
  for (const run of runs) run.remove();
});

function growing(): GrowingRun {
  const run = new GrowingRun({ blocks: 1, sessions: 1 });
  runs.push(run);
  return run;
}

const row = (watch: RunWatch, name: string): PlanRow | undefined =>
  watch
    .state()
    .groups.flatMap(({ rows }) => rows)
    .find((each) => each.name === name);

test('a look without news tells nothing, and one at new samples tells them alone', () => {
  const run = growing();
  run.register();
  run.begin();
  run.making('visit', '000-level0');
  const watch = new RunWatch(run.directory);
  expect(watch.look().state?.phase).toBe('running');
  expect(watch.look()).toEqual({ readings: [] });
  run.sample('000-level0', 0, 3);
  const { state, readings } = watch.look();
  expect(state).toBeUndefined();
  expect(readings).toHaveLength(3);
  expect(readings.map(({ visit }) => visit)).toEqual(Array(3).fill('000-level0'));
  expect(watch.look()).toEqual({ readings: [] });
});

test('the readings of a visit while it is made are those of its file when it is whole', () => {
  const run = growing();
  run.register();
  run.begin();
  const watch = new RunWatch(run.directory);
  run.making('visit', '000-level0');
  run.sample('000-level0', 0, 1000);
  watch.look();
  const live = watch.readingsAfter(0).map(({ reading }) => reading);
  run.made('visit', '000-level0');
  watch.look();
  expect(watch.readingsOf('000-level0')).toEqual(live);
  expect(watch.readingsOf('001-level3')).toBeUndefined();
});

test('who comes back with a number gets what came after it, and nothing of a visit before', () => {
  const run = growing();
  run.register();
  run.begin();
  run.making('visit', '000-level0');
  run.sample('000-level0', 0, 4);
  const watch = new RunWatch(run.directory);
  watch.look();
  const [first, second] = watch.readingsAfter(0);
  expect(watch.readingsAfter(second?.id ?? 0)).toHaveLength(2);
  const anew = new RunWatch(run.directory);
  anew.look();
  expect(anew.readingsAfter(first?.id ?? 0)).toHaveLength(3);
  run.making('visit', '001-level3');
  run.sample('001-level3', 0, 2);
  watch.look();
  expect(watch.readingsAfter(0).map(({ visit }) => visit)).toEqual(['001-level3', '001-level3']);
});

test('rows go from planned over running to done, with figures of the report, or to a fault', () => {
  const run = growing();
  run.register();
  run.begin();
  const watch = new RunWatch(run.directory);
  watch.look();
  expect(row(watch, '000-mediawiki')?.state).toBe('planned');
  run.making('session', '000-mediawiki');
  watch.look();
  expect(row(watch, '000-mediawiki')?.state).toBe('running');
  run.made('session', '000-mediawiki');
  run.made('session', '001-wordpress', 'the reader was cut off');
  run.tell({ event: 'enough', kind: 'visit', name: '003-level2' });
  watch.look();
  expect(row(watch, '000-mediawiki')).toMatchObject({
    state: 'done',
    figures: expect.stringMatching(/^\d+ pages, median [\d.]+.m?s$/),
  });
  expect(row(watch, '001-wordpress')).toMatchObject({ state: 'fault', fault: 'the reader was cut off' });
  expect(row(watch, '003-level2')?.state).toBe('enough');
  run.tell({ event: 'ended', interrupted: true });
  watch.look();
  expect(row(watch, '000-level0')?.state).toBe('left');
  expect(watch.state().phase).toBe('interrupted');
});

test('a visit during other work is marked by the rule of the report', () => {
  const run = growing();
  run.register();
  run.begin();
  run.made('visit', '000-level0');
  run.madeWhileBusy('001-level3', 40);
  const watch = new RunWatch(run.directory);
  watch.look();
  expect(row(watch, '000-level0')?.remarks).toEqual([]);
  expect(row(watch, '001-level3')?.remarks).toEqual([expect.stringMatching(/^disturbed: other work used/)]);
  expect(watch.state().notes).toContainEqual({
    kind: 'remark',
    text: expect.stringMatching(/^001-level3: disturbed/),
  });
});

test('a run whose measurer has gone without a word is broken off, and one that is resumed runs again', () => {
  const run = growing();
  run.register();
  run.begin(600, { pid: 1, startTicks: 1, boot: 'another' });
  run.making('visit', '000-level0');
  const watch = new RunWatch(run.directory);
  expect(watch.look().state).toMatchObject({ phase: 'vanished', liveVisit: null, elapsedSeconds: null });
  run.begin();
  expect(watch.look().state?.phase).toBe('running');
});

test('a run of an older version has no journal, and is over', () => {
  const run = growing();
  run.bringAll();
  const watch = new RunWatch(run.directory);
  watch.look();
  const { phase, groups, label, lastVisit } = watch.state();
  expect({ phase, label, lastVisit }).toEqual({
    phase: 'ended',
    label: 'emulated (TCG)',
    lastVisit: '003-level2',
  });
  expect(new Set(groups.flatMap(({ rows }) => rows.map(({ state }) => state)))).toEqual(new Set(['done']));
  expect(watch.reportSoFar()).toContain('Scenario 1: what the node spends');
});

test('lines that are no JSON, or of a later version, are passed over', () => {
  const run = growing();
  run.register();
  run.begin();
  appendFileSync(journalFile(run.directory), 'half a li\n{"event":"of a later version"}\n');
  run.making('visit', '000-level0');
  const watch = new RunWatch(run.directory);
  expect(watch.look().state?.liveVisit).toBe('000-level0');
});

test.each([
  ['kvm', null],
  ['simulated', 'simulated'],
  [null, 'acceleration unknown'],
] as const)('a run with the acceleration %s is labelled %s', (acceleration, label) => {
  const run = new GrowingRun({ blocks: 1, sessions: 1, acceleration });
  runs.push(run);
  run.register();
  const watch = new RunWatch(run.directory);
  watch.look();
  expect(watch.state().label).toBe(label);
});

test('there is no report before something is finished', () => {
  const run = growing();
  run.register();
  run.begin();
  const watch = new RunWatch(run.directory);
  watch.look();
  expect(watch.reportSoFar()).toBeUndefined();
  run.made('visit', '000-level0');
  watch.look();
  expect(watch.reportSoFar()).toContain('Emulated (TCG)');
});
