import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../../../../measure/analyse/summary';
import type { FirstPage } from '../../../../measure/report/document/document';
import { firstPage } from '../../../../measure/report/first-page/first-page';
import { addInventedLoad } from '../../fixtures/invented-load';
import { edit, inventedRuns } from '../../fixtures/invented-runs';

// Drawing is slow on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const { invent, summarise } = inventedRuns();

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');
const fact = ({ facts }: FirstPage, name: string): string =>
  plain(facts.find((each) => each.name === name)?.value ?? '');
const finding = ({ findings }: FirstPage, name: string): string =>
  plain(findings.find((each) => each.name === name)?.text ?? '');
const names = ({ findings }: FirstPage): string[] => findings.map(({ name }) => name);
const titles = ({ charts }: FirstPage): string[] => charts.map(({ title }) => title.replace(/ — .*/, ''));
const warned = ({ warnings }: FirstPage): string[] => warnings.map(({ text }) => plain(text));

/** A run that has these scenarios only. */
function only(directory: string, ...scenarios: string[]): string {
  for (const scenario of ['resources', 'qos', 'load']) {
    if (!scenarios.includes(scenario))
      rmSync(join(directory, 'raw', scenario), { recursive: true, force: true });
  }
  edit(join(directory, 'plan.json'), (plan) => {
    plan.scenarios = scenarios;
  });
  return directory;
}

describe('the first page', () => {
  const usual = summarise(invent());
  const page = firstPage(usual);

  test('says what was measured, on what, how often and when', () => {
    expect(fact(page, 'Measured')).toBe(
      'what the node spends with 0 to 3 running guests; what clients get from wordpress and mediawiki',
    );
    expect(fact(page, 'Node')).toBe('pve, the embedded local node: 2 CPUs, 3.80 GiB of memory');
    expect(fact(page, 'Guests')).toContain('emulated (TCG)');
    expect(fact(page, 'Repetitions')).toBe('visits per level: n = 3; sessions per application: n = 3');
    expect(fact(page, 'Date')).toContain('2030');
    expect(fact(page, 'Lab')).toContain('3 guests, 4 clients');
  });

  test('has four charts, two of each scenario, all with the paper’s figures', () => {
    expect(titles(page)).toEqual([
      'Memory used against running guests',
      'CPU of the node',
      'Throughput (offered load)',
      'Delay, one way',
    ]);
    for (const { svg } of page.charts) expect(svg).toContain('paper');
  });

  test('shows loss instead of delay where packets were lost', () => {
    expect(titles(firstPage(summarise(invent({ loseEvery: 50 }))))).toContain('Packet loss');
  });

  test('has three sentences, each with its n and how far it is shown', () => {
    expect(names(page)).toEqual(['Memory', 'CPU', 'Pages']);
    for (const { text } of page.findings) expect(plain(text)).toContain('n = 3');
    expect(finding(page, 'Memory')).toContain('The intervals of all 3 steps lie above 0 (coverage 75 %).');
    expect(finding(page, 'Memory')).toContain('the paper’s single readings: 594 to 1,935 MiB');
    expect(finding(page, 'Pages')).toContain('a difference is not shown');
    expect(finding(page, 'Pages')).toMatch(/none of 960 packets followed was lost; .*below 0.31 %/);
  });

  test('warns first of emulation, then of what else a reader must know, with where to read on', () => {
    expect(warned(page)[0]).toContain('Emulated (TCG)');
    expect(warned(page)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('n = 3: intervals cover the true median in 75 % of cases only'),
        expect.stringContaining('moodle is not installed'),
        expect.stringContaining('Not settled: in 1 of 12 visits'),
      ]),
    );
    expect(page.warnings.map(({ section }) => section)).toContain('resources');
  });

  test('claims no difference of a single repetition', () => {
    const once = firstPage(summarise(invent({ blocks: 1, sessions: 1 })));
    expect(finding(once, 'Memory')).toContain('no step is shown to be more than chance');
    expect(finding(once, 'Pages')).toContain('a difference between the two is not shown');
    expect(warned(once)).toContainEqual(expect.stringContaining('n = 1: too few for an interval'));
  });

  test('of guests that fell in memory does not say that they added any', () => {
    const summary: Summary = {
      ...usual,
      resources: {
        ...usual.resources,
        increments: usual.resources.increments.map((step) => ({
          ...step,
          memoryUsedBytes: step.memoryUsedBytes && { ...step.memoryUsedBytes, median: -(2 ** 20) },
        })),
      },
    };
    expect(finding(firstPage(summary), 'Memory')).toContain('Each further guest changed it by −1 MiB');
  });

  test('of guests that were added several at a time does not speak of each guest', () => {
    const [step] = usual.resources.increments;
    const summary = {
      ...usual,
      resources: { ...usual.resources, increments: step ? [{ ...step, to: 3 }] : [] },
    };
    expect(finding(firstPage(summary), 'Memory')).toContain('Each step between levels added');
  });

  test('names faults and disturbed visits before what counts less', () => {
    const visits = usual.resources.visits.map((visit) => ({ ...visit, disturbed: true }));
    const summary = {
      ...usual,
      faults: ['visit 3: gone', 'visit 4: gone'],
      resources: { ...usual.resources, visits },
    };
    expect(warned(firstPage(summary)).slice(1, 3)).toEqual([
      expect.stringContaining('Disturbed: in 12 of 12 visits'),
      'Incomplete: 2 faults, the first visit 3: gone.',
    ]);
  });

  test('of virtualised guests that nothing disturbed has no word of emulation', () => {
    const kvm = firstPage(summarise(invent({ acceleration: 'kvm' })));
    expect(fact(kvm, 'Guests')).toContain('virtualised by hardware (KVM)');
    expect(JSON.stringify(kvm)).not.toContain('mulated');
  });

  test('of one scenario alone is full all the same', () => {
    const resources = firstPage(summarise(only(invent(), 'resources')));
    expect(names(resources)).toEqual(['Memory', 'CPU', 'Starting']);
    expect(resources.charts).toHaveLength(4);
    const qos = firstPage(summarise(only(invent(), 'qos')));
    expect(names(qos)).toEqual(['Pages', 'Packets', 'Throughput']);
    expect(titles(qos)).toHaveLength(4);
    expect(finding(qos, 'Packets')).toContain('which its method could not tell');
  });

  test('of load alone shows where each application stops keeping up', () => {
    const run = invent();
    addInventedLoad(run);
    const load = firstPage(summarise(only(run, 'load')));
    expect(names(load)).toEqual(['Load']);
    expect(fact(load, 'Repetitions')).toBe('ladders of load per application: n = 3');
    expect(titles(load)).toHaveLength(2);
  });

  test('of a run that has measured nothing says so', () => {
    const run = invent();
    rmSync(join(run, 'raw/resources'), { recursive: true });
    rmSync(join(run, 'raw/qos'), { recursive: true });
    const empty = firstPage(summarise(run));
    expect(empty).toMatchObject({ findings: [], charts: [] });
    expect(fact(empty, 'Measured')).toBe('This run has no measurements yet.');
    expect(fact(empty, 'Repetitions')).toBe('none');
  });
});

test('what the node does not limit in containers is said before all that is measured', () => {
  const directory = only(invent({}), 'resources');
  const before = warned(firstPage(summarise(directory)));
  expect(before.filter((text) => text.startsWith('Not limited:'))).toEqual([]);
  edit(join(directory, 'raw/environment.json'), ({ facts }) => {
    (facts as Record<string, string>).containersNotLimited = 'memory and cpu';
  });
  expect(warned(firstPage(summarise(directory)))).toContainEqual(
    expect.stringContaining('do not hold the memory and cpu limits of containers'),
  );
});
