import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  limitVerdict,
  pageVerdict,
  tiphonVerdict,
  y1541,
} from '../../../../measure/analyse/sessions/tiphon-and-itu-classes';
import { type Distribution, describe as summarise } from '../../../../measure/analyse/statistics/statistics';
import { analyse } from '../../../../measure/analyse/summary';
import { renderMarkdown } from '../../../../measure/report/document/markdown';
import { reportDocument } from '../../../../measure/report/document/report-document';
import { readRawRun } from '../../../../measure/run/raw-run';
import { writeInventedRun } from '../../fixtures/invented-run';

/** A distribution whose interval is given: the flag is about that, not about how the interval was found. */
function measured(median: number, low: number, high: number): Distribution {
  const base = summarise([median]);
  if (base === null) throw new Error('nothing measured');
  return { ...base, n: 5, interval: { low, high, coveragePercent: 93.75 } };
}

describe('an interval with a limit of a class inside is flagged', () => {
  test.each([
    ['delay', 149, 140, 151, true],
    ['delay', 145, 140, 150, false], // a value on the limit belongs to the better class
    ['jitter', 0.01, 0, 0.02, true], // 0 alone is the best class
    ['jitter', 80, 76, 125, false],
    ['loss', 0, 0, 0, false],
    ['loss', 0, 0, 0.001, true],
    ['loss', 3, 2.9, 3.1, true],
    ['throughput', 80, 74, 90, true],
    ['throughput', 80, 75, 99, false],
    ['throughput', 60, 20, 120, true],
  ] as const)('TIPHON, %s of %d [%d, %d]: %s', (quantity, median, low, high, crosses) => {
    expect(tiphonVerdict(quantity, measured(median, low, high)).crosses).toBe(crosses);
  });

  test.each(y1541)('$name, delay on both sides of its limit', ({ name, delayMs }) => {
    const verdict = (low: number, high: number) =>
      limitVerdict(name, 'mean delay', 'ms', measured((low + high) / 2, low, high), delayMs);
    expect(verdict(delayMs - 2, delayMs + 1)).toMatchObject({
      crosses: true,
      verdict: expect.stringMatching(/^met/),
    });
    expect(verdict(delayMs - 1, delayMs + 2)).toMatchObject({
      crosses: true,
      verdict: expect.stringMatching(/^not met/),
    });
    expect(verdict(delayMs - 2, delayMs).crosses).toBe(false);
    expect(verdict(delayMs + 0.1, delayMs + 2).crosses).toBe(false);
  });

  test.each([
    [1.9, 1.5, 2, true], // G.1010 says below 2 s
    [1.9, 1.5, 1.999, false],
    [3, 2, 3.999, false],
    [3, 2, 4, true],
    [3, 1.9, 4.1, true],
    [5, 4, 6, false],
  ] as const)('G.1010, a page of %d s [%d, %d]: %s', (median, low, high, crosses) => {
    expect(pageVerdict(measured(median, low, high)).crosses).toBe(crosses);
  });
});

test('without an interval nothing is flagged as crossing', () => {
  expect(tiphonVerdict('delay', summarise([150])).crosses).toBe(false);
  expect(pageVerdict(summarise([1, 3])).crosses).toBe(false);
});

test('the report marks the verdicts whose interval crosses a limit, and no others', () => {
  const directory = mkdtempSync(join(tmpdir(), 'class-boundaries-'));
  try {
    writeInventedRun(directory);
    const analysis = analyse(readRawRun(directory));
    const { summary } = analysis;
    const marks = (crosses: boolean): number => {
      const applications = summary.applications.map((application) => ({
        ...application,
        verdicts: application.verdicts.map((verdict) => ({
          ...verdict,
          crosses: crosses && application.guest === 'wordpress' && verdict.standard === 'G.1010',
        })),
      }));
      const report = renderMarkdown(reportDocument({ ...analysis, summary: { ...summary, applications } }));
      return report.split('the interval crosses a limit').length - 1;
    };
    expect(marks(true)).toBe(marks(false) + 1);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
