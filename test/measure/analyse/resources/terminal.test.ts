import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyseResources } from '../../../../measure/analyse/resources/resources';
import type { RawRun } from '../../../../measure/run/raw-run';
import { readRawRun } from '../../../../measure/run/raw-run';
import { writeInventedRun } from '../../fixtures/invented-run';

const directory = mkdtempSync(join(tmpdir(), 'terminal-'));
let run: RawRun;

beforeAll(() => {
  writeInventedRun(directory);
  run = readRawRun(directory);
});

afterAll(() => rmSync(directory, { recursive: true }));

const visits = () => run.visits;
const agreementOf = (given: RawRun['visits']) => analyseResources(given, run.plan).agreement;

test('the terminal is compared with the last sample and the last poll, apart from the two', () => {
  const found = agreementOf(visits()).filter(({ quantity }) => quantity.includes('terminal'));
  expect(found.map(({ quantity }) => quantity)).toEqual([
    'memory used, terminal less sampler',
    'memory used, terminal less API',
    'load average 1 min, terminal less sampler',
    'load average 1 min, terminal less API',
    'root disk used, terminal less sampler',
    'root disk used, terminal less API',
  ]);
  expect(found[0]).toMatchObject({ difference: { median: 2 ** 20 }, verdict: 'agree' });
});

test('a terminal that shows something else differs', () => {
  const wrong = visits().map((visit) =>
    visit.terminal ? { ...visit, terminal: { ...visit.terminal, memoryUsedBytes: 1 } } : visit,
  );
  const found = agreementOf(wrong).find(({ quantity }) => quantity === 'memory used, terminal less API');
  expect(found?.verdict).toBe('differ');
});

test('a run of before, in which no terminal was looked into, has the two sources alone', () => {
  const older = visits().map(({ terminal: _, ...visit }) => visit);
  expect(agreementOf(older).map(({ quantity }) => quantity)).toEqual([
    ...['CPU', 'memory used', 'load average 1 min', 'root disk used'],
  ]);
});
