import type { ReportDocument } from '../document/document';
import { latexText } from './latex-text';
import type { ReportTable } from './report-tables';

/** Characters that a line of an A4 page holds, about. */
const FOOTNOTE_LINE = 88;
const SCRIPT_LINE = 104;
/** More rows than a page holds. */
const LONGEST = 45;

/**
 * A table for `\input`: booktabs, with caption, label and notes. A table that is longer than a page is a longtable, which
 * goes over several.
 */
export function renderLatex(table: ReportTable, document: Pick<ReportDocument, 'run' | 'label'>): string {
  const { head, rows, title, name, label } = table;
  const layout = layoutOf(table);
  const line = (cells: readonly string[]): string =>
    `${protectedRow(cells.map(layout.cell).join(' & '))} \\\\`;
  const caption = `\\caption{${latexText(title)}}\\label{tab:${label}}`;
  const notes = latexText(notesOf(document));
  const heads = ['\\toprule', line(head), '\\midrule'];
  const body = rows.map(line);
  const comment = `% ${name}: needs booktabs, array and longtable, and fontenc with T1.`;
  if (rows.length > LONGEST) {
    return `${[
      comment,
      `{\\${layout.size}\\setlength{\\tabcolsep}{3pt}`,
      `\\begin{longtable}{${layout.columns}}`,
      `${caption}\\\\`,
      ...heads,
      '\\endfirsthead',
      ...heads,
      '\\endhead',
      ...body,
      '\\bottomrule',
      `\\multicolumn{${head.length}}{p{0.95\\linewidth}}{\\scriptsize ${notes}}`,
      '\\end{longtable}}',
    ].join('\n')}\n`;
  }
  return `${[
    comment,
    '\\begin{table}',
    `\\centering\\${layout.size}\\setlength{\\tabcolsep}{3pt}`,
    caption,
    `\\begin{tabular}{${layout.columns}}`,
    ...heads,
    ...body,
    '\\bottomrule',
    '\\end{tabular}',
    `\\par\\smallskip\\parbox{\\linewidth}{\\scriptsize ${notes}}`,
    '\\end{table}',
  ].join('\n')}\n`;
}

/** After \\ a bracket would be read as its argument. */
function protectedRow(row: string): string {
  return /^\s*[[*]/.test(row) ? `{}${row}` : row;
}

interface Layout {
  readonly size: 'footnotesize' | 'scriptsize';
  readonly columns: string;
  readonly cell: (text: string) => string;
}

/**
 * Numbers to the right. Where the table is wider than a line its columns break their lines: each has room for its longest
 * word, and a share of what is left by how much its text wants.
 */
function layoutOf({ head, rows }: ReportTable): Layout {
  const columns = head.map((name, index) => [name, ...rows.map((row) => row[index] ?? '')]);
  const wanted = columns.map((cells) => longest(cells));
  if (total(wanted) + 2 * head.length <= FOOTNOTE_LINE) {
    const types = columns.map(([, ...cells]) => (cells.every(isNumber) ? 'r' : 'l'));
    return { size: 'footnotesize', columns: types.join(''), cell: latexText };
  }
  const least = columns.map((cells) => longest(cells.flatMap((cell) => cell.split(breakable))) + 2);
  const size = total(least) <= FOOTNOTE_LINE ? 'footnotesize' : 'scriptsize';
  const line = Math.max(total(least), size === 'footnotesize' ? FOOTNOTE_LINE : SCRIPT_LINE);
  const left = line - total(least);
  const wants = wanted.map((width, index) => Math.sqrt(Math.max(0, width - (least[index] ?? 0))));
  const types = least.map((width, index) => {
    const share = (width + (left * (wants[index] ?? 0)) / Math.max(1, total(wants))) / line;
    return `>{\\raggedright\\arraybackslash}p{\\dimexpr ${share.toFixed(3)}\\linewidth-2\\tabcolsep}`;
  });
  const cell = (text: string): string =>
    latexText(text.replaceAll(',\u00a0', ', ')).replace(/\/(?=\S{3})/g, '/\\allowbreak{}');
  return { size, columns: types.join(''), cell };
}

/** A number keeps its unit; the ends of an interval, and the parts of a path, may stand on two lines. */
const breakable = / |,\u00a0|(?<=\/)(?=\S{3})/;

function longest(texts: readonly string[]): number {
  return Math.max(1, ...texts.map(({ length }) => length));
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

function isNumber(text: string): boolean {
  return /^(?:−?[\d,.]+|—|)$/.test(text);
}

function notesOf({ run, label }: Pick<ReportDocument, 'run' | 'label'>): string {
  const guests = label === null ? 'virtualised (KVM)' : label;
  return `Run ${run}; guests: ${guests}. A figure is the median of its n repetitions, [a, b], c % the interval of the true median and how often it covers.`;
}

/** The method as a paper tells it, for `\input`. */
export function renderLatexMethods({ methods }: Pick<ReportDocument, 'methods'>): string {
  return `${methods.map(latexText).join('\n\n')}\n`;
}

/** A document that holds all of them, and the method, to look at, and to see which packages they need. */
export function renderLatexDocument(
  { title, subtitle }: Pick<ReportDocument, 'title' | 'subtitle'>,
  tables: readonly ReportTable[],
): string {
  return `\\documentclass[a4paper]{article}
\\usepackage[utf8]{inputenc}
\\usepackage[T1]{fontenc}
\\usepackage{textcomp}
\\usepackage{array,booktabs,longtable}
\\usepackage[margin=2cm]{geometry}
\\title{${latexText(title)}}
\\author{${latexText(subtitle)}}
\\date{}
\\begin{document}
\\maketitle
\\section*{Methods}
\\input{methods}
\\clearpage
${tables.map(({ name }) => `\\input{${name}}\n\\clearpage`).join('\n')}
\\end{document}
`;
}
