import { csvLine } from '../document/csv-line';
import type { ReportTable } from './report-tables';

/**
 * RFC 4180 in UTF-8 with a header. A table has no place for a title, so that the label of emulated and simulated figures
 * is a column of its own, the last.
 */
export function renderCsv({ columns }: ReportTable, label: string | null): string {
  const rows = columns[0]?.cells.map((_, row) => columns.map(({ cells }) => cells[row] ?? null)) ?? [];
  const lines = [
    [...columns.map(({ head }) => head), 'guests ran'],
    ...rows.map((row) => [...row, label ?? 'virtualised (KVM)']),
  ];
  return `${lines.map(csvLine).join('\n')}\n`;
}
