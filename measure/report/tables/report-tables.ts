import type { TracedFigure } from '../../analyse/figures/trace';
import { type Cell, cellText, type ReportDocument, type Table } from '../document/document';

/** A table of the report by itself, as a paper or a spreadsheet takes it. */
export interface ReportTable {
  /** Of its file: 01-summary-what-the-node-spends. */
  readonly name: string;
  /** By which a text refers to it, whatever tables come before: summary-what-the-node-spends. */
  readonly label: string;
  readonly section: string;
  /** With the label of emulated and simulated figures. */
  readonly title: string;
  readonly head: readonly string[];
  /** As the report shows them. */
  readonly rows: readonly (readonly string[])[];
  /** The same with each figure's exact numbers, a column for each. */
  readonly columns: readonly Column[];
}

/** Numbers are exact where they are figures, and as shown elsewhere. Null = not measured, or there is none. */
export interface Column {
  readonly head: string;
  readonly cells: readonly (string | number | null)[];
}

/** Every table of a report, in its order. */
export function reportTables({ sections, traces }: ReportDocument): readonly ReportTable[] {
  const tables = sections.flatMap(({ id, title, blocks }) =>
    blocks.flatMap((block) => (block.kind === 'table' ? [{ id, section: title, table: block }] : [])),
  );
  const labels = tables.map(({ id, table }) => `${id}-${slug(table.title)}`);
  return tables.map(({ section, table }, index) => {
    const label = labels[index] ?? '';
    const before = labels.slice(0, index).filter((other) => other === label).length;
    return {
      name: `${String(index + 1).padStart(2, '0')}-${label}`,
      label: before === 0 ? label : `${label}-${before + 1}`,
      section,
      title: table.title,
      head: table.head,
      rows: table.rows.map((row) => row.map(cellText)),
      columns: columnsOf(table, traces),
    };
  });
}

/** What stands before the label, and before a colon or a bracket: the rest is for readers. */
function slug(title: string): string {
  const [short = ''] = title.split(/ — |[:(]/);
  const words = short.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.slice(0, 6).join('-');
}

function columnsOf(table: Table, traces: ReportDocument['traces']): readonly Column[] {
  return table.head.map(plainText).flatMap((head, index) => {
    const cells = table.rows.map((row) => row[index] ?? '');
    const figures = cells.map((cell) => (typeof cell === 'string' ? undefined : traces.get(cell.figure)));
    const shown = plainColumn(head, cells);
    return figures.some((figure) => figure !== undefined)
      ? [{ head, cells: cells.map(plainText) }, ...exactColumns(head, figures)]
      : [shown];
  });
}

/** Value, interval and n of the figures of one column; their unit is in the head, or beside them where they have several. */
function exactColumns(head: string, figures: readonly (TracedFigure | undefined)[]): readonly Column[] {
  const units = new Set(figures.flatMap((figure) => figure?.unit ?? []));
  const [unit = ''] = units.size === 1 ? units : [];
  const column = (
    what: string,
    of: string,
    value: (figure: TracedFigure) => string | number | null,
  ): Column => ({
    head: `${head}: ${what}${of === '' ? '' : ` (${of})`}`,
    cells: figures.map((figure) => (figure === undefined ? null : value(figure))),
  });
  return [
    column('value', unit, ({ value }) => value),
    ...(units.size > 1 ? [column('unit', '', (figure) => figure.unit)] : []),
    column('low', unit, ({ interval }) => interval?.low ?? null),
    column('high', unit, ({ interval }) => interval?.high ?? null),
    column('coverage', '%', ({ interval }) => interval?.coveragePercent ?? null),
    column('n', '', ({ observations }) => observations.filter(({ value }) => value !== null).length),
  ];
}

/** Spreadsheets and programs look for a space that is one. */
function plainText(cell: Cell): string {
  return cellText(cell).replaceAll('\u00a0', ' ');
}

/** A number with thousands in groups, and perhaps a unit behind it. */
const quantity = /^(−?\d[\d,]*(?:\.\d+)?)(?:\u00a0(\S+))?$/;

/** Numbers of one unit become numbers, with the unit in the head; any other column stays text. */
function plainColumn(head: string, cells: readonly Cell[]): Column {
  const texts = cells.map(cellText);
  const numbers = texts.map((text) => quantity.exec(text));
  const known = numbers.filter((number) => number !== null);
  const units = new Set(known.map(([, , unit = '']) => unit));
  const [unit = ''] = units;
  const isNumeric =
    known.length > 0 && units.size === 1 && texts.every((text, index) => text === '—' || numbers[index]);
  if (!isNumeric) return { head, cells: cells.map(plainText) };
  const value = (text: string | undefined): number | null =>
    text === undefined ? null : Number(text.replaceAll(',', '').replace('−', '-'));
  return {
    head: unit === '' ? head : `${head} (${unit})`,
    cells: numbers.map((number) => value(number?.[1])),
  };
}
