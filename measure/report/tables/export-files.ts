import type { ReportDocument } from '../document/document';
import { renderCsv } from './csv';
import { renderLatex, renderLatexDocument, renderLatexMethods } from './latex';
import { reportTables } from './report-tables';
import { renderXlsx } from './xlsx';

export const tableFormats = ['latex', 'csv', 'xlsx'] as const;
export type TableFormat = (typeof tableFormats)[number];

export interface ExportedFile {
  readonly name: string;
  readonly content: string | Buffer;
}

/** The tables of a report in another form, drawn from the same document as report.html and report.md. */
export async function exportTables(
  document: ReportDocument,
  format: TableFormat,
): Promise<readonly ExportedFile[]> {
  const tables = reportTables(document);
  switch (format) {
    case 'latex':
      return [
        ...tables.map((table) => ({ name: `${table.name}.tex`, content: renderLatex(table, document) })),
        { name: 'methods.tex', content: renderLatexMethods(document) },
        { name: 'tables.tex', content: renderLatexDocument(document, tables) },
      ];
    case 'csv':
      return tables.map((table) => ({
        name: `${table.name}.csv`,
        content: renderCsv(table, document.label),
      }));
    case 'xlsx':
      return [{ name: 'tables.xlsx', content: await renderXlsx(document, tables) }];
  }
}
