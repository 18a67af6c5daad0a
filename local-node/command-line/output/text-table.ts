/** Tables as Proxmox VE's CLIFormatter draws them. */
import { canonicalJson } from './json';

export type Row = Readonly<Record<string, unknown>>;

export interface TableOptions {
  readonly border: boolean;
  readonly header: boolean;
  /** Types of the columns by name, with ? where they may be missing. */
  readonly types: Readonly<Record<string, string>>;
  /** How a value is shown; as text where undefined. */
  readonly render?: (column: string, value: unknown) => string | undefined;
}

const isNumeric = (type = ''): boolean => /^(integer|number)\??$/.test(type);

export function cellText(value: unknown, type = ''): string {
  if (value === undefined || value === null) return '';
  if (type.startsWith('boolean')) return value && value !== '0' ? '1' : '0';
  return value instanceof Object ? canonicalJson(value) : String(value);
}

/** Rows by the first column, one line of the frame between them. */
export function textTable(rows: readonly Row[], columns: readonly string[], options: TableOptions): string {
  const { border, header, types, render } = options;
  const sorted = [...rows].sort((a, b) =>
    compare(a[columns[0] ?? ''], b[columns[0] ?? ''], types[columns[0] ?? '']),
  );
  const cells = sorted.map((row) =>
    columns.map((name) => (render?.(name, row[name]) ?? cellText(row[name], types[name])).split('\n')),
  );
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...cells.flatMap((row) => row[index]?.map((line) => line.length) ?? [])),
  );
  const frame = (left: string, line: string, middle: string, right: string) =>
    `${left}${widths.map((width) => line.repeat(width + 2)).join(middle)}${right}\n`;
  const aligned = (texts: readonly string[]) => {
    const padded = texts.map((text, index) => {
      const width = widths[index] ?? 0;
      return isNumeric(types[columns[index] ?? '']) ? text.padStart(width) : text.padEnd(width);
    });
    return border ? `│ ${padded.join(' │ ')} │\n` : `${padded.join(' ')}\n`;
  };
  const bodies = cells.map((row) => {
    const height = Math.max(...row.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) => aligned(row.map((lines) => lines[line] ?? ''))).join(
      '',
    );
  });
  const head = header ? aligned(columns) : '';
  if (!border) return head + bodies.join('');
  const below = header && bodies.length > 0 ? frame('╞', '═', '╪', '╡') : '';
  return [
    frame('┌', '─', '┬', '┐'),
    head,
    below,
    bodies.join(frame('├', '─', '┼', '┤')),
    frame('└', '─', '┴', '┘'),
  ].join('');
}

function compare(a: unknown, b: unknown, type: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  if (isNumeric(type)) return Number(a) - Number(b);
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : Number(left > right);
}
