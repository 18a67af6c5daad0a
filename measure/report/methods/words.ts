import { fixed, number } from '../document/format';

/** "a, b and c". */
export function listed(items: readonly string[]): string {
  const last = items.at(-1);
  return items.length < 2 || last === undefined
    ? items.join('')
    : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** "1 visit", "12 of 16 visits": what was done of what was planned. */
export function doneOf(done: number, planned: number, noun: string): string {
  const nouns = `${noun}${planned === 1 ? '' : 's'}`;
  return done === planned
    ? `all ${fixed(planned, 0)} ${nouns}`
    : `${fixed(done, 0)} of ${fixed(planned, 0)} ${nouns}`;
}

/** "15.6 to 15.7 s", or one value where all are alike; null where there is none. */
export function rangeOf(values: readonly (number | null)[], unit: string): string | null {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return null;
  const low = number(Math.min(...known));
  const high = number(Math.max(...known));
  return `${low === high ? low : `${low} to ${high}`} ${unit}`;
}
