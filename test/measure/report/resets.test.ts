import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { methodsParagraphs } from '../../../measure/report/methods/methods';
import type { QosSession } from '../../../measure/run/raw-data';
import { edit, inventedRuns } from '../fixtures/invented-runs';

jest.setTimeout(120_000);

const { invent, summarise } = inventedRuns();

/** The summary of one and the same run, whose sessions began so. */
function summaryOf(reset: (number: number) => QosSession['reset']) {
  const run = invent();
  const sessions = join(run, 'raw', 'qos');
  for (const [number, name] of readdirSync(sessions).sort().entries())
    edit(join(sessions, name, 'session.json'), (session) => Object.assign(session, { reset: reset(number) }));
  return summarise(run);
}

const said = (summary: ReturnType<typeof summaryOf>) =>
  methodsParagraphs(summary).join('\n').replaceAll('\u00a0', ' ');

const taken = { seconds: 4, bytes: 300 * 2 ** 20, stillSeconds: 3 };
const fromSnapshot = (number: number): QosSession['reset'] => ({
  ...{ from: 'snapshot', seconds: 5 + (number % 2), stillSeconds: 2 },
  snapshot: { name: 'run-0123456789ab', withMemory: true, taken },
});

test('the report names the snapshot from which sessions begin, and what it took', () => {
  const text = said(summaryOf(fromSnapshot));
  expect(text).toContain(
    'Each session begins from one and the same snapshot of its guest with memory, which took 5 to 6 s until the application answered.',
  );
  expect(text).toContain('Taking the snapshots took 4 s and kept 300 MiB at most.');
  expect(text).toContain('A guest that was rolled back did not answer for 2 s.');
});

test('the report names the boots from which sessions begin, and only those sessions that had one', () => {
  const boot = (): QosSession['reset'] => ({ from: 'boot', seconds: 40, stillSeconds: null });
  expect(said(summaryOf(boot))).toContain('Each session begins with a boot of its guest, which took 40 s');
  const some = said(summaryOf((number) => (number < 2 ? boot() : undefined)));
  expect(some).toMatch(/2 of \d+ sessions begin with a boot/);
  expect(said(summaryOf(() => undefined))).not.toMatch(/begins? (with|from)/);
});

test('the same packets and pages give the same figures, whatever their sessions began from', () => {
  const [reset, booted] = [
    summaryOf(fromSnapshot),
    summaryOf(() => ({ from: 'boot', seconds: 40, stillSeconds: null })),
  ];
  expect(reset.applications).toEqual(booted.applications);
  const figures = ({ sessions }: typeof reset) => sessions.map(({ reset: _, ...rest }) => rest);
  expect(figures(reset)).toEqual(figures(booted));
});
