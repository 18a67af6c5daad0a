import { readFileSync } from 'node:fs';
import { parseHTML } from 'linkedom';
import { traceFigures } from '../../../measure/analyse/figures/trace';
import { analyse } from '../../../measure/analyse/summary';
import { cellText } from '../../../measure/report/document/document';
import { reportDocument } from '../../../measure/report/document/report-document';
import { report } from '../../../measure/report/write-report';
import { readRawRun } from '../../../measure/run/raw-run';
import { addInventedLoad } from '../fixtures/invented-load';
import { inventedRuns } from '../fixtures/invented-runs';

jest.setTimeout(120_000);

const { invent } = inventedRuns();

describe('figures of the report', () => {
  const run = invent({ reader: 'browser', energy: true });
  addInventedLoad(run);
  const raw = readRawRun(run);
  const analysis = analyse(raw);
  const traced = traceFigures(raw, analysis.summary);
  const document = reportDocument(analysis, traced);
  const blocks = document.sections.flatMap(({ blocks }) => blocks);
  const cells = blocks
    .flatMap((block) => (block.kind === 'table' ? block.rows.flat() : []))
    .flatMap((cell) => (typeof cell === 'string' ? [] : cell));
  const charts = [
    ...document.firstPage.charts,
    ...blocks.flatMap((block) => (block.kind === 'charts' ? block.charts : [])),
  ];

  test('are named as trace names them', () => {
    expect(cells.length).toBeGreaterThan(150);
    const unknown = [...cells.map(({ figure }) => figure), ...charts.flatMap(({ figures = [] }) => figures)];
    expect([...new Set(unknown)].filter((path) => !document.traces.has(path))).toEqual([]);
  });

  test('are those that they are said to be', () => {
    for (const cell of cells.filter(({ figure }) => /^level \d\/memoryPercent$/.test(figure))) {
      const value = document.traces.get(cell.figure)?.value ?? Number.NaN;
      expect(Number.parseFloat(cellText(cell))).toBeCloseTo(value, 0);
    }
  });

  test('each have one window that shows rule, observations and raw files', async () => {
    const html = readFileSync((await report(run)).html, 'utf8');
    const page = parseHTML(html).document;
    const ids = [...page.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = [...page.querySelectorAll('button')].map((each) => each.getAttribute('popovertarget'));
    expect(targets.filter((id) => id === null || !ids.includes(id))).toEqual([]);
    const windows = [...page.querySelectorAll('.why')].filter(({ id }) => id.startsWith('w'));
    for (const { textContent } of windows) {
      expect(textContent).toMatch(/Each observation.*raw\/.*npm run trace -- invented "/s);
    }
  });
});
