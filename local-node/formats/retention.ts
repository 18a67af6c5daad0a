/** Which backups of a guest stay, by the options of `prune-backups`, as Proxmox VE decides it. */
import type { PropertyFormat, PropertyValues } from './schema';

const COUNTED = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;

const COUNT = { type: 'integer', optional: true, minimum: 0 } as const;

export const PRUNE_BACKUPS: PropertyFormat = {
  keys: {
    'keep-all': { type: 'boolean', optional: true },
    ...Object.fromEntries(COUNTED.map((name) => [`keep-${name}`, COUNT])),
  },
};

export type Mark = 'keep' | 'remove' | 'protected' | 'renamed';

export interface Prunable {
  /** When it began, seconds since the epoch; undefined for one with a name of its own, which is never removed. */
  readonly ctime: number | undefined;
  readonly protected: boolean;
}

/** Does the retention say which backups go? One that says nothing, or keep-all, keeps them all. */
export function keepsAll(retention: PropertyValues): boolean {
  return (
    retention['keep-all'] === true || !COUNTED.some((name) => Number(retention[`keep-${name}`] ?? 0) > 0)
  );
}

/** The marks of the backups of one guest, in the order in which they are given. */
export function pruneMarks(backups: readonly Prunable[], retention: PropertyValues): Mark[] {
  const marks = new Map<Prunable, Mark>();
  for (const backup of backups) {
    if (backup.protected) marks.set(backup, 'protected');
    else if (backup.ctime === undefined) marks.set(backup, 'renamed');
  }
  const newest = backups.filter((one) => !marks.has(one)).sort((a, b) => Number(b.ctime) - Number(a.ctime));
  if (keepsAll(retention)) for (const backup of newest) marks.set(backup, 'keep');
  for (const name of COUNTED) keep(newest, marks, Number(retention[`keep-${name}`] ?? 0), PERIODS[name]);
  return backups.map((backup) => marks.get(backup) ?? 'remove');
}

/** Keeps the newest of each of `count` periods that none is kept of already; the others of these periods go. */
function keep(
  newest: readonly Prunable[],
  marks: Map<Prunable, Mark>,
  count: number,
  period: (date: Date) => string,
): void {
  if (count === 0) return;
  const periodOf = ({ ctime }: Prunable) => period(new Date(Number(ctime) * 1000));
  const covered = new Set(newest.filter((one) => marks.get(one) === 'keep').map(periodOf));
  const taken = new Set<string>();
  for (const backup of newest) {
    const of = periodOf(backup);
    if (covered.has(of) || marks.has(backup)) continue;
    if (taken.has(of)) {
      marks.set(backup, 'remove');
    } else {
      if (taken.size >= count) return;
      taken.add(of);
      marks.set(backup, 'keep');
    }
  }
}

const day = (date: Date) => `${date.getFullYear()}/${date.getMonth()}/${date.getDate()}`;

const PERIODS: Readonly<Record<(typeof COUNTED)[number], (date: Date) => string>> = {
  last: (date) => String(date.getTime()),
  hourly: (date) => `${day(date)}/${date.getHours()}`,
  daily: day,
  weekly: (date) => {
    // The week of ISO 8601 is that of its Thursday.
    const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 4 - (date.getDay() || 7));
    const first = new Date(thursday.getFullYear(), 0, 1).getTime();
    return `${thursday.getFullYear()}/${Math.ceil(((thursday.getTime() - first) / 86_400_000 + 1) / 7)}`;
  },
  monthly: (date) => `${date.getFullYear()}/${date.getMonth()}`,
  yearly: (date) => String(date.getFullYear()),
};
