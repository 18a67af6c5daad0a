import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { compareRuns } from '../../../measure/analyse/compare/compare-runs';
import { traceRun } from '../../../measure/analyse/figures/trace-run';
import { analyse } from '../../../measure/analyse/summary';
import { renderMarkdown } from '../../../measure/report/document/markdown';
import { reportDocument } from '../../../measure/report/document/report-document';
import { renderSamples } from '../../../measure/report/document/samples-csv';
import { readRawRun } from '../../../measure/run/raw-run';
import { addInventedLoad } from '../fixtures/invented-load';
import { inventedRuns } from '../fixtures/invented-runs';

/**
 * What an earlier version of the lab made of invented runs. A run that somebody has kept must give the same figures with
 * every later version. Where a figure is added on purpose: UPDATE_GOLDEN=1 npx jest --testPathPatterns golden, and read
 * the difference.
 */
const { invent, summarise } = inventedRuns();
const link = { shape: { lossPercent: 1 }, delayMadeIn: null, dropped: null };
const whole = invent({ reader: 'browser', link, loseEvery: 50 });
const other = invent({ loseEvery: 10, acceleration: 'kvm', sessions: 4 });
addInventedLoad(whole);
addInventedLoad(other);

const json = (value: unknown): string => `${JSON.stringify(value, null, 1)}\n`;

test.each<[string, () => string]>([
  ['summary.json', () => json(analyse(readRawRun(whole)).summary)],
  [
    'samples.csv',
    () => {
      const { summary, samples } = analyse(readRawRun(whole));
      return renderSamples(summary.run, samples);
    },
  ],
  ['report.md', () => renderMarkdown(reportDocument(analyse(readRawRun(whole))))],
  ['trace.json', () => json(traceRun(whole))],
  ['compare.json', () => json(compareRuns(summarise(whole), summarise(other)))],
])('%s of a kept run is what it was', (name, make) => {
  const file = join(__dirname, `${name}.gz`);
  const made = make();
  if (process.env.UPDATE_GOLDEN || !existsSync(file)) writeFileSync(file, gzipSync(made, { level: 9 }));
  expect(made).toBe(gunzipSync(readFileSync(file)).toString());
});
