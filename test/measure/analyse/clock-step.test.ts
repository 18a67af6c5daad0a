import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyse } from '../../../measure/analyse/summary';
import type { LoadLadder, QosSession, ResourceVisit } from '../../../measure/run/raw-data';
import { readRawRun } from '../../../measure/run/raw-run';
import { RunDirectory } from '../../../measure/run/run-directory';
import { addInventedLoad } from '../fixtures/invented-load';
import { writeInventedRun } from '../fixtures/invented-run';

const step = 5;
const visitFile = 'raw/resources/001-level3.json';
const sessionFile = 'raw/qos/001-wordpress/session.json';
const ladderFile = 'raw/load/000-wordpress.json';

/** A record in which somebody set the clock by so many seconds, from the middle of it on. */
const sets: readonly (readonly [
  what: string,
  file: string,
  change: (record: never) => unknown,
  why: RegExp,
])[] = [
  [
    'a transfer that ends before it was meant to begin',
    sessionFile,
    (session: QosSession) => ({
      ...session,
      transfers: session.transfers.map((each) => ({
        ...each,
        firstByteAt: (each.firstByteAt ?? 0) - step,
        endedAt: each.endedAt - step,
      })),
    }),
    /client1, \/: its first byte is 4\.\d{3} s before its intended start/,
  ],
  [
    'a last byte before the first',
    sessionFile,
    (session: QosSession) => ({
      ...session,
      transfers: session.transfers.map((each) => ({ ...each, endedAt: (each.firstByteAt ?? 0) - 0.001 })),
    }),
    /its end is 0\.001 s before its first byte/,
  ],
  [
    'a pause shorter than it was slept',
    sessionFile,
    (session: QosSession) => ({
      ...session,
      transfers: session.transfers.map((each) =>
        each.page < 1
          ? each
          : {
              ...each,
              intendedAt: each.intendedAt - step,
              startedAt: each.startedAt - step,
              firstByteAt: (each.firstByteAt ?? 0) - step,
              endedAt: each.endedAt - step,
            },
      ),
    }),
    /client1 paused for -0\.\d{3} s after page 1 where 1\.000 s were meant/,
  ],
  [
    'a clock that went on without the ticks of the CPUs',
    sessionFile,
    (session: QosSession) => ({
      ...session,
      nodeCounters: session.nodeCounters && {
        ...session.nodeCounters,
        after: { ...session.nodeCounters.after, time: session.nodeCounters.after.time + step },
      },
    }),
    /the clock went on by 25\.000 s and the CPUs' ticks by 20\.000 s/,
  ],
  [
    'a clock that was set while it stamped packets',
    sessionFile,
    (session: QosSession) => ({
      ...session,
      captures: session.captures.map((each) => ({ ...each, clockStepSeconds: -step })),
    }),
    /the clock that stamps client\.pcap was set by -5\.000 s/,
  ],
  [
    'a warm-up that ends before it began',
    sessionFile,
    (session: QosSession) => ({
      ...session,
      warmUp: session.warmUp?.map((each) => ({ ...each, firstByteAt: null, endedAt: each.startedAt - step })),
    }),
    /its end is 5\.000 s before its intended start/,
  ],
  [
    'a page that was painted before it was asked for',
    sessionFile,
    (session: QosSession) => ({
      ...session,
      pageTimings: [
        {
          client: 'client1',
          page: 0,
          url: '/',
          intendedAt: session.startedAt,
          domContentLoadedAt: null,
          loadAt: null,
          firstContentfulPaintAt: session.startedAt - step,
          largestContentfulPaintAt: null,
        },
      ],
    }),
    /the first paint is 5\.000 s before its intended start/,
  ],
  [
    'a round trip below 0',
    sessionFile,
    (session: QosSession) => ({
      ...session,
      probe: { ...session.probe, roundTripSeconds: [0.001, -step] },
    }),
    /probe\.roundTripSeconds\.1: a duration cannot be below 0/,
  ],
  [
    'samples that go back',
    visitFile,
    (visit: ResourceVisit) => ({
      ...visit,
      samples: visit.samples.map((each, index) => (index < 10 ? each : { ...each, time: each.time - step })),
    }),
    /a sample is 4\.000 s before the one before/,
  ],
  [
    'samples that leap',
    visitFile,
    (visit: ResourceVisit) => ({
      ...visit,
      samples: visit.samples.map((each, index) => (index < 10 ? each : { ...each, time: each.time + step })),
    }),
    /a sample: the clock went on by 6\.000 s and the CPUs' ticks by 1\.000 s/,
  ],
  [
    'a settling that ended before it began',
    visitFile,
    (visit: ResourceVisit) => ({
      ...visit,
      settledAt: visit.changedAt - step,
    }),
    /its settling is 5\.000 s before the last change/,
  ],
  [
    'polls that go back',
    visitFile,
    (visit: ResourceVisit) => ({
      ...visit,
      apiSamples: visit.apiSamples.map((each, index) => ({ ...each, time: each.time - index * 2 * step })),
    }),
    /a poll of the API is 5\.000 s before the one before/,
  ],
  [
    'a task that took less than no time',
    visitFile,
    (visit: ResourceVisit) => ({
      ...visit,
      changes: visit.changes.map((each) => ({ ...each, taskSeconds: -step })),
    }),
    /changes\.0\.taskSeconds: a duration cannot be below 0/,
  ],
  [
    'a guest that was ready before its task ended',
    visitFile,
    (visit: ResourceVisit) => ({
      ...visit,
      changes: visit.changes.map((each) => ({ ...each, readySeconds: 0 })),
    }),
    /until it was ready took 0\.000 s, less than its task/,
  ],
  [
    'an answer before its request was meant to start',
    ladderFile,
    (ladder: LoadLadder) => ({
      ...ladder,
      steps: ladder.steps.map((each) => ({
        ...each,
        requests: each.requests.map((request) => ({
          ...request,
          firstByteAt: null,
          endedAt: request.intendedAt - step,
        })),
      })),
    }),
    /step 1, \/: its end is 5\.000 s before its intended start/,
  ],
  [
    'a CPU time below 0',
    ladderFile,
    (ladder: LoadLadder) => ({
      ...ladder,
      steps: ladder.steps.map((each) => ({ ...each, generatorCpuSeconds: -step })),
    }),
    /steps\.0\.generatorCpuSeconds: a duration cannot be below 0/,
  ],
];

describe('a step of the clock by 5 s in a run', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'clock-step-'));
    writeInventedRun(directory);
    addInventedLoad(directory);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const change = (file: string, of: (record: never) => unknown) => {
    const path = join(directory, file);
    writeFileSync(path, JSON.stringify(of(JSON.parse(readFileSync(path, 'utf8')) as never)));
  };

  it.each(sets)('%s is a fault of its record, which gives no figure', (_, file, of, why) => {
    const before = analyse(readRawRun(directory)).summary;
    change(file, of);
    const { summary, samples } = analyse(readRawRun(directory));
    const found = summary.faults.filter((fault) => fault.startsWith(`${file}: impossible times`));
    expect(found).toEqual([expect.stringMatching(why)]);
    expect(summary.faults).toHaveLength(before.faults.length + 1);
    const done = (progress: typeof before.progress) => progress.reduce((sum, each) => sum + each.done, 0);
    expect(done(summary.progress)).toBe(done(before.progress) - 1);
    const made = summary.resources.visits.length + summary.sessions.length + summary.ladders.length;
    expect(made).toBe(before.resources.visits.length + before.sessions.length + before.ladders.length - 1);
    const durations = samples.filter(
      ({ unit, value }) => /^(s|ms)$/.test(unit) && value !== null && value < 0,
    );
    expect(durations).toEqual([]);
  });

  it('is made again with --resume', () => {
    const run = new RunDirectory(directory);
    expect([run.hasVisit('001-level3'), run.hasSession('001-wordpress')]).toEqual([true, true]);
    for (const [, file, of] of sets) change(file, of);
    expect([run.hasVisit('001-level3'), run.hasSession('001-wordpress')]).toEqual([false, false]);
    expect(run.hasLadder('000-wordpress')).toBe(false);
  });

  it('is kept with the record, as its fault, when it is collected', async () => {
    const run = new RunDirectory(directory);
    const visit = readRawRun(directory).visits[1] as ResourceVisit;
    const broken = { ...visit, settledAt: visit.changedAt - step };
    await expect(run.saveVisit('001-level3', broken)).resolves.toMatch(/impossible times: its settling is 5/);
    expect(JSON.parse(readFileSync(join(directory, visitFile), 'utf8'))).toMatchObject({
      samples: visit.samples,
      fault: expect.stringMatching(/impossible times/),
    });
  });

  it('while a guest was destroyed costs the time of that guest', () => {
    const destroyed = ['wordpress', 'mediawiki'].map((guest) => ({ guest, startedAt: 100, endedAt: 104 }));
    writeFileSync(join(directory, 'raw/destroy.json'), JSON.stringify(destroyed));
    change('raw/destroy.json', ([first, second]: typeof destroyed) => [first, { ...second, endedAt: 99 }]);
    const { summary } = analyse(readRawRun(directory));
    expect(summary.destroyed).toEqual([
      { guest: 'wordpress', seconds: 4 },
      { guest: 'mediawiki', seconds: null },
    ]);
    expect(summary.faults.join()).toMatch(/destroy\.json, mediawiki: .*its end is 1\.000 s before its start/);
  });
});
