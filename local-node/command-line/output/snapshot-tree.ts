/** Snapshots as a tree, the newest state last. */
import type { Row } from './text-table';

/** Characters of a name with what stands before it, and of a time. */
const NAME = 27;
const TIME = 23;

export function snapshotTree(rows: readonly Row[]): string {
  const names = new Set(rows.map(({ name }) => name));
  const below = (parent: unknown) =>
    [...rows]
      .filter((row) => (names.has(row.parent) ? row.parent : undefined) === parent)
      .sort((a, b) => time(a) - time(b));
  const branch = (row: Row, prefix: string): string => {
    const { name, snaptime, description } = row;
    const shown = String(description || 'no-description').split('\n')[0] ?? '';
    const when = snaptime === undefined ? '' : localTime(Number(snaptime));
    const line = `${prefix}\`-> ${String(name).padEnd(NAME - prefix.length)} ${when.padEnd(TIME)} ${shown}\n`;
    return (
      line +
      below(name)
        .map((child) => branch(child, ` ${prefix}`))
        .join('')
    );
  };
  return below(undefined)
    .map((root) => branch(root, ''))
    .join('');
}

/** The current state has no time and comes last. */
function time({ snaptime }: Row): number {
  return snaptime === undefined ? Number.POSITIVE_INFINITY : Number(snaptime);
}

function localTime(seconds: number): string {
  const at = new Date(seconds * 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
