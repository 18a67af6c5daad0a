import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isStillThere } from '../../../machine/processes';
import { makeRepetitions } from '../../../measure/collect/repetitions';
import { Journal, journalFile } from '../../../measure/run/journal';
import { journalRecord } from '../../../measure/run/records/journal';

const run = mkdtempSync(join(tmpdir(), 'journal-'));
afterAll(() => rmSync(run, { recursive: true }));

const lines = (directory: string) =>
  readFileSync(journalFile(directory), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => journalRecord.parse(JSON.parse(line)));

test('tells in the order of time what is made, with its fault, and what need not be made', async () => {
  const journal = new Journal(run, () => 1000);
  journal.begin({ seconds: 60, isMost: false });
  const repetitions = ['a', 'b', 'c', 'd'].map((name) => ({ name, subject: `level ${name}` }));
  await makeRepetitions(repetitions, {
    kind: 'visit',
    isMade: (name) => name === 'a',
    isEnough: ({ name }) => name === 'b',
    announce: ({ subject }) => subject,
    make: async ({ name }) => (name === 'd' ? 'guest stopped' : null),
    progress: () => {},
    journal,
    signal: new AbortController().signal,
  });
  journal.write({ event: 'ended', interrupted: false });
  await journal.close();
  const [begun, ...told] = lines(run);
  expect(begun).toMatchObject({ event: 'begun', time: 1000, estimatedSeconds: 60 });
  expect(told.map((line) => [line.event, 'name' in line ? line.name : ''])).toEqual([
    ['enough', 'b'],
    ['making', 'c'],
    ['made', 'c'],
    ['making', 'd'],
    ['made', 'd'],
    ['ended', ''],
  ]);
  expect(told[4]).toMatchObject({ fault: 'guest stopped' });
});

test('a run that is resumed goes on in the same file, and says which process measures', async () => {
  const journal = new Journal(run);
  journal.begin({ seconds: 30, isMost: true });
  await journal.close();
  const begun = lines(run).filter((line) => line.event === 'begun');
  expect(begun).toHaveLength(2);
  const [process] = begun.flatMap((line) => ('process' in line ? [line.process] : []));
  if (!process) throw new Error('no process');
  expect(isStillThere(process)).toBe(true);
  expect(isStillThere({ ...process, startTicks: process.startTicks - 1 })).toBe(false);
  expect(isStillThere({ ...process, boot: 'another' })).toBe(false);
});

test('a directory that takes no file ends nothing', async () => {
  const journal = new Journal(join(run, 'absent'));
  journal.write({ event: 'step', text: 'nobody reads this' });
  await journal.close();
});
