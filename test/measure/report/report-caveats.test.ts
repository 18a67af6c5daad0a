import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { report } from '../../../measure/report/write-report';
import type { InventedRunOptions } from '../fixtures/invented-run';
import { edit, inventedRuns } from '../fixtures/invented-runs';

// Drawing is slow on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const { invent, summarise } = inventedRuns();

describe('what few repetitions do not tell', () => {
  const textOf = async (options: InventedRunOptions): Promise<string> =>
    readFileSync((await report(invent(options))).markdown, 'utf8').replaceAll('\u00a0', ' ');

  test('is said of one repetition, of three, and of many', async () => {
    const one = await textOf({ blocks: 1, sessions: 1 });
    expect(one).toContain('Figures with n = 1 have no interval');
    expect(one).toContain('Memory: too few blocks for an interval');
    expect(one).not.toContain('as its coverage leaves open');
    const three = await textOf({});
    expect(three).toContain(
      'from the smallest value to the largest it covers the true median in 75 % of cases',
    );
    expect(three).toContain('Memory differs in the steps 0 to 1 (75 %)');
    expect(three).toContain('as its coverage leaves open');
    const eight = await textOf({ blocks: 8, sessions: 8 });
    expect(eight).not.toContain('from the smallest value to the largest');
    expect(eight).toContain('Memory differs in the steps 0 to 1 (99 %), 1 to 2 (99 %), 2 to 3 (99 %)');
  });
});

test('nothing is said to be sure to 95 % that is not', async () => {
  for (const options of [{}, { blocks: 5, sessions: 5 }]) {
    const { html, markdown } = await report(invent(options));
    for (const file of [html, markdown]) {
      const text = readFileSync(file, 'utf8').replaceAll('\u00a0', ' ');
      expect(text).toMatch(/\], (75|93) %/);
      expect(text).not.toMatch(/95 % (bootstrap )?interval|\], 9[5-9] %(?!, n = (?:[6-9]|\d\d))/);
    }
  }
});

test('repetitions that lean on the ones before are warned of, where there are eight or more', async () => {
  const { markdown } = await report(invent({ blocks: 8, sessions: 8 }));
  expect(readFileSync(markdown, 'utf8')).toMatch(
    /with 8 repetitions or more, \d+ have repetitions that are alike/,
  );
  const few = readFileSync((await report(invent({}))).markdown, 'utf8');
  // The comparison of the two instruments, which pairs all their samples.
  expect(few).toMatch(/Of \d+\sfigures with 8\srepetitions or more/);
});

describe('a step between levels', () => {
  test('is the difference within a block, so that a drift over the run is in none', () => {
    const directory = invent();
    for (const name of readdirSync(join(directory, 'raw/resources'))) {
      edit(join(directory, 'raw/resources', name), (content) => {
        const drift = Number(content.block) * 2 ** 28;
        for (const sample of content.samples as { memoryAvailableBytes: number }[]) {
          sample.memoryAvailableBytes -= drift;
        }
      });
    }
    const [first] = summarise(directory).resources.increments;
    expect(first).toMatchObject({ from: 0, to: 1, disturbedBlocks: 0 });
    for (const step of first?.memoryUsedBytes?.values ?? []) expect(step / 2 ** 30).toBeCloseTo(0.55, 1);
    expect(first?.memoryUsedBytes?.n).toBe(3);
  });

  test('is not taken where one of its visits is missing', () => {
    const directory = invent();
    rmSync(join(directory, 'raw/resources/000-level0.json'));
    const [first, second] = summarise(directory).resources.increments;
    expect(first?.memoryUsedBytes?.n).toBe(2);
    expect(second?.memoryUsedBytes?.n).toBe(3);
  });
});

describe('of the instrument', () => {
  const others = 'Readers, captures and all else that is no guest, the most in a session';
  const rowsOf = (html: string): Map<string, string> =>
    new Map(
      [...parseHTML(html).document.querySelectorAll('#instrument tbody tr')].map((row) => [
        row.querySelector('th')?.textContent ?? '',
        row.querySelector('td')?.textContent?.replaceAll('\u00a0', ' ') ?? '',
      ]),
    );

  test('error and cost are told in figures', async () => {
    const rows = rowsOf(readFileSync((await report(invent())).html, 'utf8'));
    expect(rows.get('Packets that the captures dropped')).toBe('0');
    expect(rows.get(others)).toBe('20 % of all CPUs');
    // Two captures with 0.25 s each in 20 s.
    expect(rows.get('Captures at both ends, the most in a session')).toBe('2.50 % of one CPU');
    expect(rows.get('Least CPU share that the kernel’s ticks tell apart')).toBe('0.0263 % of all CPUs');
  });

  test('cost is not recorded, and not 0, where an older run lacks it', async () => {
    const directory = invent({ sessions: 1 });
    for (const name of readdirSync(join(directory, 'raw/qos'))) {
      edit(join(directory, 'raw/qos', name, 'session.json'), (content) => {
        for (const capture of content.captures as { cpuSeconds?: number; droppedByKernel: number | null }[]) {
          delete capture.cpuSeconds;
          capture.droppedByKernel = null;
        }
        delete content.nodeCounters;
      });
    }
    const rows = rowsOf(readFileSync((await report(directory)).html, 'utf8'));
    expect(rows.get(others)).toBe('not recorded');
    expect(rows.get('Captures at both ends, the most in a session')).toBe('not recorded');
    expect(rows.get('Packets that the captures dropped')).toBe('not reported');
  });
});

test('a node whose CPUs were full while pages were read is said to be so', async () => {
  const directory = invent({ sessions: 1 });
  expect(readFileSync((await report(directory)).markdown, 'utf8')).not.toContain('at its limit');
  edit(join(directory, 'raw/qos/000-mediawiki/session.json'), (content) => {
    const { before, after } = content.nodeCounters as Record<string, { cpuIdleTicks: number }>;
    if (before && after) after.cpuIdleTicks = before.cpuIdleTicks;
  });
  const markdown = readFileSync((await report(directory)).markdown, 'utf8').replaceAll('\u00a0', ' ');
  expect(markdown).toContain('In 1 of 2 sessions the node’s CPUs were busy for over 90 % of the time');
});

test('a CPU share below what the kernel’s ticks tell apart is no figure', async () => {
  const directory = invent();
  for (const name of readdirSync(join(directory, 'raw/resources'))) {
    edit(join(directory, 'raw/resources', name), (content) => {
      for (const sample of content.samples as { cpuTotalTicks: number; cpuIdleTicks: number }[]) {
        sample.cpuIdleTicks = sample.cpuTotalTicks;
      }
    });
  }
  const markdown = readFileSync((await report(directory)).markdown, 'utf8').replaceAll('\u00a0', ' ');
  expect(markdown).toContain('below resolution (0.0263 %)');
});

test('an order that is not the registered one is said to differ', async () => {
  const directory = invent({ blocks: 1, sessions: 1 });
  edit(join(directory, 'plan.json'), (content) => {
    content.levelOrder = [[3, 0, 1, 2]];
  });
  const { document } = parseHTML(readFileSync((await report(directory)).html, 'utf8'));
  const rows = [...document.querySelectorAll('#progress tbody tr')].map((row) =>
    [...row.children].map(({ textContent }) => textContent),
  );
  expect(rows[0]).toEqual(['levels of block 1', '3, 0, 1, 2', '0, 3, 1, 2', 'differs']);
  expect(rows[1]?.[3]).toBe('as registered');
});

test('how long a guest took to be destroyed is told to the second, and is missing where the node does not tell', async () => {
  const directory = invent({ blocks: 1, sessions: 1 });
  writeFileSync(
    join(directory, 'raw/destroy.json'),
    JSON.stringify([
      { guest: 'wordpress', startedAt: 100, endedAt: 103 },
      { guest: 'moodle', startedAt: 100, endedAt: 100 },
      { guest: 'mediawiki', startedAt: null, endedAt: null },
    ]),
  );
  const markdown = readFileSync((await report(directory)).markdown, 'utf8').replaceAll('\u00a0', ' ');
  expect(markdown).toContain('| wordpress | destroy | 3 s, n = 1 | — |');
  expect(markdown).toContain('| moodle | destroy | below resolution (1 s), n = 1 | — |');
  expect(markdown).toContain('| mediawiki | destroy | not measured | — |');
});
