import { buffer } from 'node:stream/consumers';
import writeXlsxFile, { type Cell, type Sheet } from 'write-excel-file/node';
import { fromBufferPromise } from 'yauzl';
import { type ZipEntry, zip } from '../../../machine/zip-writer';
import type { ReportDocument } from '../document/document';
import type { Column, ReportTable } from './report-tables';

/** Longest name of a sheet that Excel opens. */
const LONGEST_NAME = 31;
const LONGEST_COLUMN = 60;

/**
 * One workbook with a sheet for each table, and one before them that names them all. Figures are numbers, as exact as
 * they are kept, with their unit in the head. The same tables give the same bytes.
 */
export async function renderXlsx(
  document: Pick<ReportDocument, 'title' | 'subtitle' | 'label'>,
  tables: readonly ReportTable[],
): Promise<Buffer> {
  const sheets = tables.map((table, index) => ({ table, name: sheetName(table, index) }));
  const contents: Sheet<Buffer> = {
    sheet: 'Contents',
    columns: [{ width: 26 }, { width: LONGEST_COLUMN }, { width: LONGEST_COLUMN }],
    data: [
      [bold(document.title)],
      [document.subtitle],
      [`Guests: ${document.label ?? 'virtualised (KVM)'}`],
      [],
      [bold('Sheet'), bold('Section'), bold('Table')],
      ...sheets.map(({ table, name }) => [name, table.section, table.title]),
    ],
  };
  const workbook = await writeXlsxFile([contents, ...sheets.map(({ table, name }) => sheet(table, name))]);
  return withoutTimes(await workbook.toBuffer());
}

/** The title, then the head, then the rows. */
function sheet({ title, columns }: ReportTable, name: string): Sheet<Buffer> {
  const rows = columns[0]?.cells.map((_, row) => columns.map(({ cells }) => cell(cells[row] ?? null))) ?? [];
  return {
    sheet: name,
    stickyRowsCount: 2,
    columns: columns.map((column) => ({ width: widthOf(column) })),
    data: [[bold(title)], columns.map(({ head }) => bold(head)), ...rows],
  };
}

/** A text is never read as a formula. */
function cell(value: string | number | null): Cell {
  return value === null ? null : typeof value === 'number' ? value : { value, type: String };
}

function bold(value: string): Cell {
  return { value, type: String, fontWeight: 'bold' };
}

function widthOf({ head, cells }: Column): number {
  const longest = Math.max(
    head.length,
    ...cells.map((value) => (typeof value === 'string' ? value.length : 0)),
  );
  return Math.min(LONGEST_COLUMN, longest + 2);
}

/** Its number keeps it apart from others that begin alike. */
function sheetName({ label }: ReportTable, index: number): string {
  const words = label.replaceAll('-', ' ');
  return `${index + 1} ${words}`.slice(0, LONGEST_NAME).trim();
}

/** An xlsx file is a zip, which its library gives the time of writing. */
async function withoutTimes(xlsx: Buffer): Promise<Buffer> {
  const archive = await fromBufferPromise(xlsx);
  const entries: ZipEntry[] = [];
  for await (const entry of archive.eachEntry()) {
    const content = await buffer(await archive.openReadStreamPromise(entry));
    entries.push({ path: entry.fileName, content });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of zip(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
