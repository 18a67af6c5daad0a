import { parsePropertyString } from '../../../local-node/formats/property-string';
import { PRUNE_BACKUPS, pruneMarks } from '../../../local-node/formats/retention';

/** Local times, the newest last. */
const TIMES = [
  ...['2025-12-30 10:00', '2026-01-02 10:00', '2026-01-30 10:00', '2026-01-31 10:00', '2026-02-01 09:10'],
  ...['2026-02-01 09:50', '2026-02-01 10:00', '2026-02-02 10:00'],
];

function kept(retention: string, safe: readonly string[] = []): string[] {
  const backups = TIMES.map((time) => ({
    ctime: new Date(time).getTime() / 1000,
    protected: safe.includes(time),
  }));
  const marks = pruneMarks(backups, parsePropertyString(PRUNE_BACKUPS, retention));
  return TIMES.filter((_, index) => marks[index] === 'keep');
}

test.each([
  ['keep-all=1', TIMES],
  ['', TIMES],
  ['keep-last=0', TIMES],
  ['keep-last=2', TIMES.slice(-2)],
  ['keep-hourly=2', ['2026-02-01 10:00', '2026-02-02 10:00']],
  ['keep-hourly=3', ['2026-02-01 09:50', '2026-02-01 10:00', '2026-02-02 10:00']],
  ['keep-daily=3', ['2026-01-31 10:00', '2026-02-01 10:00', '2026-02-02 10:00']],
  // ISO weeks: the first of February 2026 is a Sunday.
  ['keep-weekly=2', ['2026-02-01 10:00', '2026-02-02 10:00']],
  ['keep-monthly=3', ['2025-12-30 10:00', '2026-01-31 10:00', '2026-02-02 10:00']],
  ['keep-yearly=5', ['2025-12-30 10:00', '2026-02-02 10:00']],
  // What is kept already counts for no period of its own.
  ['keep-last=1,keep-daily=1', ['2026-02-01 10:00', '2026-02-02 10:00']],
])('%s keeps what Proxmox VE keeps', (retention, expected) => {
  expect(kept(retention)).toEqual(expected);
});

test('a protected backup stays beside those that are counted', () => {
  expect(kept('keep-last=1', ['2026-02-02 10:00'])).toEqual(['2026-02-01 10:00']);
});

test('a backup with a name of its own is never removed', () => {
  expect(pruneMarks([{ ctime: undefined, protected: false }], { 'keep-last': 1 })).toEqual(['renamed']);
});
