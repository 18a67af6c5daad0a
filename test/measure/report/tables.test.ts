import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { fromBufferPromise } from 'yauzl';
import type { ReportDocument } from '../../../measure/report/document/document';
import { renderHtml } from '../../../measure/report/document/html';
import { readReportDocument } from '../../../measure/report/read-document';
import { renderCsv } from '../../../measure/report/tables/csv';
import { exportTables } from '../../../measure/report/tables/export-files';
import { renderLatex } from '../../../measure/report/tables/latex';
import { latexText } from '../../../measure/report/tables/latex-text';
import { type ReportTable, reportTables } from '../../../measure/report/tables/report-tables';
import { testUnless } from '../../skip';
import { addInventedBenchmarks } from '../fixtures/invented-benchmarks';
import { addInventedLoad } from '../fixtures/invented-load';
import { inventedRuns } from '../fixtures/invented-runs';

jest.setTimeout(180_000);

const { invent, root } = inventedRuns();
let report: ReportDocument;
let tables: readonly ReportTable[];
const named = (words: string): ReportTable => {
  const found = tables.find(({ name }) => name.endsWith(words));
  if (!found) throw new Error(`no table ${words}; there are ${tables.map(({ name }) => name).join(', ')}`);
  return found;
};
beforeAll(() => {
  const run = invent({ blocks: 12 });
  addInventedLoad(run);
  addInventedBenchmarks(run);
  report = readReportDocument(run);
  tables = reportTables(report);
});

test('every table of report.html is exported with the same text in the same cells', () => {
  const { document } = parseHTML(renderHtml({ ...report, traces: new Map() }));
  const shown = [...document.querySelectorAll('section table')]
    .filter((table) => table.querySelector('caption') !== null)
    .map((table) => [
      table.querySelector('caption')?.textContent,
      [...table.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.textContent)),
    ]);
  expect(tables.length).toBeGreaterThan(25);
  expect(tables.map(({ title, rows }) => [title, rows])).toEqual(shown);
  expect(new Set(tables.map(({ name }) => name)).size).toBe(tables.length);
});

describe('a figure in a table for programs', () => {
  const cell = (table: ReportTable, head: string, row: number) =>
    table.columns.find((column) => column.head === head)?.cells[row];

  test('is as exact as it is kept, with its unit in the head', () => {
    const figure = report.traces.get('level 1/memoryUsedBytes');
    const table = named('summary-what-the-node-spends');
    expect(cell(table, 'Memory used: value (B)', 1)).toBe(figure?.value);
    expect(cell(table, 'Memory used: low (B)', 1)).toBe(figure?.interval?.low);
    expect(cell(table, 'Memory used: high (B)', 1)).toBe(figure?.interval?.high);
    expect(cell(table, 'Memory used: coverage (%)', 1)).toBe(figure?.interval?.coveragePercent);
    expect(cell(table, 'Memory used: n', 1)).toBe(12);
    expect(cell(table, 'Memory used', 1)).toMatch(/^[\d.]+ GiB \[/);
  });

  test('has its unit beside it where a column has several', () => {
    const table = named('qos-network');
    const units = table.columns.find(({ head }) => head === 'wordpress (n = 3): unit')?.cells;
    expect(units).toContain('bit/s');
    expect(units).toContain('ms');
  });

  test('stays empty where there is none, and other numbers are numbers', () => {
    const table = named('summary-what-the-node-spends');
    expect(cell(table, 'of it its guests: value (B)', 0)).toBeNull();
    expect(cell(table, 'paper (GiB)', 1)).toBe(2.72);
    expect(cell(named('lab-guests'), 'Memory (MiB)', 0)).toBe(1024);
  });
});

test('CSV has one line for each row, and says with each that guests were emulated', () => {
  for (const table of tables) {
    const lines = renderCsv(table, report.label).trimEnd().split('\n');
    expect(lines).toHaveLength(table.rows.length + 1);
    for (const line of lines.slice(1)) expect(line).toMatch(/,emulated \(TCG\)$/);
  }
});

describe('the workbook', () => {
  const parts = new Map<string, string>();
  beforeAll(async () => {
    const [file] = await exportTables(report, 'xlsx');
    const archive = await fromBufferPromise(Buffer.from(file?.content ?? ''));
    for await (const entry of archive.eachEntry()) {
      parts.set(entry.fileName, String(await buffer(await archive.openReadStreamPromise(entry))));
    }
  });
  const xml = (name: string) =>
    new (parseHTML('').DOMParser)().parseFromString(parts.get(name) ?? '', 'text/xml');

  test('has a sheet for each table after one that names them all, with names that Excel takes', () => {
    const names = [...xml('xl/workbook.xml').querySelectorAll('sheet')].map(
      (each) => each.getAttribute('name') ?? '',
    );
    expect(names).toHaveLength(tables.length + 1);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[^[\]:*?/\\]{1,31}$/);
    expect(parts.get('xl/sharedStrings.xml') ?? parts.get('xl/worksheets/sheet1.xml')).toContain(
      'emulated (TCG)',
    );
  });

  test('has exact figures as numbers, and text as text', () => {
    const table = named('summary-what-the-node-spends');
    const sheet = xml(`xl/worksheets/sheet${tables.indexOf(table) + 2}.xml`);
    const at = (reference: string) => sheet.querySelector(`c[r="${reference}"]`);
    expect(Number(at('C4')?.querySelector('v')?.textContent)).toBe(
      report.traces.get('level 1/memoryUsedBytes')?.value,
    );
    expect(at('C4')?.getAttribute('t') ?? 'n').toBe('n');
    expect(at('B4')?.getAttribute('t')).toMatch(/^(s|str|inlineStr)$/);
    expect(sheet.querySelectorAll('f')).toHaveLength(0);
  });

  test('has the same bytes when it is written again', async () => {
    const [[one], [two]] = [await exportTables(report, 'xlsx'), await exportTables(report, 'xlsx')];
    expect(Buffer.from(one?.content ?? '').equals(Buffer.from(two?.content ?? ''))).toBe(true);
  });
});

describe('LaTeX', () => {
  test('shows any text as it is: no character of it is a command', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const left = latexText(text)
          .replace(/\$\\?[\w^-]+\$/g, '')
          .replace(/\\[A-Za-z]+\{\}/g, '')
          .replace(/\\[{}$&#_%S]/g, '')
          .replaceAll('-{}', '');
        expect(left).not.toMatch(/[\\{}$&#_%^"\n\r]|--{2}/);
        expect(left).toMatch(/^[ -~\u00a1-\u017f]*$/);
      }),
    );
    expect(latexText('50 % of a_b & {c} \\ 1−2 µs ~0 <x> “q” – 日')).toBe(
      "50 \\% of a\\_b \\& \\{c\\} \\textbackslash{} 1$-$2 \\textmu{}s $\\sim$0 \\textless{}x\\textgreater{} ``q'' -- [U+65E5]",
    );
  });

  test('every character of the reports has a form of its own', () => {
    for (const table of tables) expect(renderLatex(table, report)).not.toMatch(/\[U\+[0-9A-F]{4,}\]/);
  });

  test('every table has rules of booktabs, caption, label, notes, and as many cells in each row as columns', () => {
    const labels = new Set<string>();
    for (const table of tables) {
      const text = renderLatex(table, report);
      for (const rule of ['\\toprule', '\\midrule', '\\bottomrule']) expect(text).toContain(rule);
      expect(text).toMatch(/\\caption\{.+\}\\label\{tab:([\w-]+)\}/);
      labels.add(/\\label\{(.+?)\}/.exec(text)?.[1] ?? '');
      expect(text).toMatch(/\\scriptsize Run invented; guests: emulated \(TCG\)\./);
      const rows = text.split('\n').filter((line) => line.endsWith('\\\\') && !line.startsWith('\\caption'));
      expect(rows.length).toBeGreaterThan(table.rows.length);
      for (const row of rows) expect(row.match(/(?<!\\)&/g) ?? []).toHaveLength(table.head.length - 1);
    }
    expect(labels.size).toBe(tables.length);
  });

  test('a table that is longer than a page goes over several', () => {
    const long = tables.filter(({ rows }) => rows.length > 45);
    expect(long.length).toBeGreaterThan(0);
    for (const table of tables) {
      expect(renderLatex(table, report).includes('\\begin{longtable}')).toBe(long.includes(table));
    }
  });

  test('a row that begins with a bracket is not the argument of the row before', () => {
    const table = { ...named('lab-guests'), head: ['a', 'b'], rows: [['[1, 2]', ' x']] };
    expect(renderLatex(table, report)).toContain('{}[1, 2] &');
  });

  const { error } = spawnSync('pdflatex', ['--version']);
  testUnless(error && 'no pdflatex (texlive-latex-recommended)')(
    'all tables compile without a fault',
    async () => {
      const directory = mkdtempSync(join(root, 'latex-'));
      mkdirSync(directory, { recursive: true });
      for (const { name, content } of await exportTables(report, 'latex'))
        writeFileSync(join(directory, name), content);
      const options = ['-interaction=nonstopmode', '-halt-on-error', '-draftmode', 'tables.tex'];
      const { status } = spawnSync('pdflatex', options, { cwd: directory });
      const log = readFileSync(join(directory, 'tables.log'), 'latin1');
      expect(log).not.toMatch(/^! /m);
      const tooWide = [...log.matchAll(/Overfull \\hbox \(([\d.]+)pt/g)].map(([, points]) => Number(points));
      expect(tooWide.filter((points) => points > 5)).toEqual([]);
      expect(status).toBe(0);
    },
  );
});
