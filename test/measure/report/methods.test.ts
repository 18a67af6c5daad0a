import { join } from 'node:path';
import type { Summary } from '../../../measure/analyse/summary';
import { methodsParagraphs } from '../../../measure/report/methods/methods';
import { addInventedBenchmarks } from '../fixtures/invented-benchmarks';
import { addInventedLoad } from '../fixtures/invented-load';
import type { InventedRunOptions } from '../fixtures/invented-run';
import { edit, inventedRuns } from '../fixtures/invented-runs';

jest.setTimeout(120_000);

const { invent, summarise } = inventedRuns();

type Json = Record<string, unknown>;
type Change = (content: Json) => void;

/** The text of an invented run, with changed records. */
function textOf(options: InventedRunOptions = {}, changes: Readonly<Record<string, Change>> = {}): string {
  const run = invent(options);
  for (const [file, change] of Object.entries(changes)) edit(join(run, file), change);
  return say(summarise(run));
}

const say = (summary: Summary): string => methodsParagraphs(summary).join('\n').replaceAll('\u00a0', ' ');
const inPlan = (change: Change): Readonly<Record<string, Change>> => ({ 'plan.json': change });
const inFacts = (facts: Json): Readonly<Record<string, Change>> => ({
  'raw/environment.json': (environment) => Object.assign(environment.facts as Json, facts),
});
const ofPlan = (plan: Json, scenario: string): Json => (plan.plan as Record<string, Json>)[scenario] ?? {};

describe('the method as a paper tells it', () => {
  test.each<[string, InventedRunOptions['acceleration'], string]>([
    ['emulated', 'tcg', 'They were emulated in software (QEMU’s TCG)'],
    ['virtualised', 'kvm', 'They were virtualised by hardware (KVM).'],
    ['simulated', 'simulated', 'They were simulated: no guest has run'],
    ['unknown', null, 'was not recorded'],
  ])('says plainly that guests were %s', (_, acceleration, words) => {
    const text = textOf({ acceleration });
    expect(text).toContain(words);
    if (acceleration !== 'kvm') expect(text).not.toContain('virtualised by hardware (KVM)');
  });

  test('takes the node and the versions from the facts of the run', () => {
    const text = textOf(
      {},
      inFacts({
        cpuModel: 'Example CPU 3000',
        memoryBytes: 8 * 2 ** 30,
        qemu: 'QEMU emulator version 10.0.2',
        distribution: 'Debian GNU/Linux 13',
        project: 'pve-virtualization-lab 0.0.9',
        projectCommit: 'c0ffee',
        provider: 'bpg/proxmox 0.111.0',
        collectedWithNode: 'v22.1.0',
        templateKey: 'abc123',
      }),
    );
    expect(text).toContain('with 2 CPUs (Example CPU 3000) and 8 GiB of memory');
    expect(text).toContain('under Debian GNU/Linux 13, Linux 6.1.0, QEMU emulator version 10.0.2.');
    expect(text).toContain(
      'by pve-virtualization-lab 0.0.9, commit c0ffee (bpg/proxmox 0.111.0; Node.js v22.1.0)',
    );
    expect(text).toContain('one image (template abc123)');
    expect(textOf()).toContain('of a version that was not recorded');
    expect(textOf()).not.toMatch(/undefined|null|NaN/);
  });

  test('says which kind of node it was, and which applications were not there', () => {
    const text = textOf(
      {},
      {
        'raw/environment.json': (environment) => Object.assign(environment, { target: 'proxmox' }),
        'plan.json': (plan) => Object.assign(plan, { missingApplications: [] }),
      },
    );
    expect(text).toContain('ran on a Proxmox VE node');
    expect(text).not.toContain('was not installed');
    expect(textOf()).toContain('The application of moodle was not installed (its source could not be had');
  });

  test('takes sizes of guests, number of clients and shape of links from the plan', () => {
    const text = textOf(
      { link: { shape: { delayMs: 20, lossPercent: 1 }, delayMadeIn: 'node', dropped: null } },
      inPlan((plan) => {
        const lab = plan.lab as { guests: Json[]; clients: Json[] };
        Object.assign(lab.guests[0] ?? {}, { cores: 2, memoryMiB: 2048, diskGiB: 12, cache: 'writeback' });
        lab.clients.pop();
      }),
    );
    expect(text).toContain(
      'wordpress (application wordpress, 2 cores, 2,048 MiB, disk of 12 GiB, cache writeback)',
    );
    expect(text).toContain('3 clients had a network of their own');
    expect(text).toContain(
      'links were shaped: 20 ms each way, 1 % lost each way (the delay was made in the node)',
    );
    expect(textOf()).toContain('Their links were not shaped.');
  });

  test('takes repetitions, samples and durations of the first scenario from plan and records', () => {
    const text = textOf(
      { blocks: 7, energy: true },
      inPlan((plan) => {
        Object.assign(ofPlan(plan, 'resources'), {
          intervalSeconds: 2.5,
          settleSeconds: 90,
          settleAtLeastSeconds: 30,
        });
      }),
    );
    expect(text).toContain(
      'at 4 levels, of 0 to 3 running guests. Each level was visited once in each of 7 blocks',
    );
    expect(text).toContain(
      'for at least 30 s and at most 90 s (CPU of three neighbouring 5 s windows within 3 points)',
    );
    expect(text).toContain('were read every 2.50 s, 20 times');
    expect(text).toContain('Energy was read');
    expect(text).toMatch(/A visit took 49(\.\d+)? to 99(\.\d+)? s/);
    expect(text).toContain('(n = 3, n = 7)');
    expect(textOf()).not.toMatch(/Energy|at least/);
  });

  test('takes clients, pages, think times, probes, reader and warm-up of the second scenario from them', () => {
    const noWarmUp: Change = (session) => delete session.warmUp;
    const text = textOf(
      { sessions: 2 },
      {
        ...inPlan((plan) =>
          Object.assign(ofPlan(plan, 'qos'), { clients: 3, pages: 6, thinkSeconds: [2, 10], probes: 100 }),
        ),
        'raw/qos/000-mediawiki/session.json': (session) =>
          Object.assign(session, { reader: 'a reader of the test', warmUp: undefined }),
      },
    );
    expect(text).toContain('in sessions: 2 with each application');
    expect(text).toContain(
      '3 clients at once read 6 pages each, with all that they load, and think times between 2 and 10 s',
    );
    expect(text).toContain('100 probes of the round trip');
    expect(text).toContain('a reader of the test; invented');
    expect(text).toContain('Before 3 of 4 sessions every page was read once');
    const without = textOf(
      { sessions: 1 },
      {
        'raw/qos/000-mediawiki/session.json': noWarmUp,
        'raw/qos/001-wordpress/session.json': noWarmUp,
      },
    );
    expect(without).toContain('There was no warm-up.');
  });

  test('says how few repetitions have no interval, and which rule stopped them', () => {
    expect(textOf({ blocks: 1, sessions: 1 })).toContain('With fewer than');
    const stopped = textOf(
      { blocks: 10 },
      inPlan((plan) => {
        Object.assign(ofPlan(plan, 'resources'), {
          precision: { metric: 'cpuPercent', relativeWidth: 0.05 },
        });
      }),
    );
    expect(stopped).toContain(
      'or fewer blocks once the interval of the node’s CPU was no wider than 5 % of its median',
    );
    expect(stopped).toContain('repeated ones (Jennison and Turnbull, 1989)');
    expect(textOf()).not.toContain('Jennison');
  });

  test('tells load and benchmarks where they were measured, and neither elsewhere', () => {
    const run = invent();
    addInventedLoad(run);
    addInventedBenchmarks(run);
    const text = say(summarise(run));
    expect(text).toMatch(
      /Load was offered in ladders, \d+ for each application: .* from [\d.]+ requests\/s on/,
    );
    expect(text).toContain('latency at the 95th percentile is at most');
    expect(text).toContain(
      'Benchmarks of cpu, memory, disk and network ran 3 times in each guest and on the node beside it, 10 s each after a warm-up of 2 s, on a file of 256 MiB and arrays of 64 MiB',
    );
    expect(textOf()).not.toMatch(/Benchmarks|Load was/);
  });

  test('names seed, plan and date', () => {
    const text = textOf(
      {},
      inPlan((plan) => Object.assign(plan, { seed: 20190, planName: 'paper' })),
    );
    expect(text).toContain(
      'The plan “paper” was registered before the first sample, on 2030-03-17 17:46:40 UTC',
    );
    expect(text).toContain('from the seed 20190');
  });

  test('tells what was not as planned, and that nothing was where that is so', () => {
    const fault: Change = (session) => Object.assign(session, { fault: 'the tap was gone.' });
    const text = textOf({}, { 'raw/qos/000-mediawiki/session.json': fault });
    expect(text).toContain(
      'Not all that was planned was done without a fault: 2 of 3 sessions with mediawiki.',
    );
    expect(text).toContain('Faults were recorded: session 0 (mediawiki): the tap was gone.');
    expect(text).toContain('1 visit had not settled in time and stays in the figures.');
    const other = textOf(
      {},
      inPlan((plan) => {
        plan.sessionOrder = ['wordpress', 'mediawiki', 'mediawiki', 'wordpress', 'mediawiki', 'wordpress'];
      }),
    );
    expect(other).toContain('The order was not as registered: sessions (made: mediawiki, wordpress, ');
    const settled: Change = (visit) => Object.assign(visit, { settledAt: (visit.changedAt as number) + 25 });
    expect(textOf({}, { 'raw/resources/002-level1.json': settled })).toContain(
      'Everything that was planned was done in the registered order, without a fault.',
    );
  });
});
