import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../../../measure/analyse/summary';
import { report } from '../../../measure/report/write-report';
import { inventedRuns } from '../fixtures/invented-runs';

// Drawing is slow on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const { invent, summarise } = inventedRuns();

describe('pages that a browser read', () => {
  test('are given as a person sees them, with what the browser costs; late transfers are in no page', () => {
    const scripted = summarise(invent());
    const browsed = summarise(invent({ reader: 'browser' }));
    const of = (summary: Summary) => summary.applications.find(({ guest }) => guest === 'wordpress');
    expect(of(scripted)).toMatchObject({ firstContentfulPaintSeconds: null, loadEventSeconds: null });
    expect(of(browsed)?.pageLoadSeconds).toEqual(of(scripted)?.pageLoadSeconds);
    expect(of(browsed)?.pagesAsked).toBe(of(scripted)?.pagesAsked);
    const [painted, loaded] = [
      of(browsed)?.firstContentfulPaintSeconds?.median ?? Number.NaN,
      of(browsed)?.loadEventSeconds?.median ?? Number.NaN,
    ];
    expect(painted).toBeGreaterThan(of(browsed)?.pageLoadSeconds?.min ?? Number.NaN);
    expect(loaded).toBeGreaterThan(painted);
  });

  test('have a table and a word on the CPUs in the report, which a script has not', async () => {
    const directory = invent({ reader: 'browser', sessions: 1 });
    const [browsed, scripted] = await Promise.all(
      [directory, invent({ sessions: 1 })].map(async (run) =>
        readFileSync((await report(run)).markdown, 'utf8'),
      ),
    );
    expect(browsed).toContain('Pages as a person sees them (browser)');
    expect(browsed).toContain('shared its CPUs with the guests');
    expect(scripted).not.toContain('as a person sees them');
    const rows = readFileSync(join(directory, 'samples.csv'), 'utf8').split('\n');
    // Four pages of which the last was never painted, by two applications.
    const paints = rows.filter((row) => row.includes(',first contentful paint,'));
    expect(paints).toHaveLength(8);
  });
});
