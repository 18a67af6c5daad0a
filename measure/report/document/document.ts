import type { TracedFigure } from '../../analyse/figures/trace';

/** What a report is made of; HTML and Markdown are drawn from the same blocks, so that they cannot disagree. */
export type Block =
  | { readonly kind: 'text'; readonly text: string; readonly detail?: boolean }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly detail?: boolean }
  | Picture
  | Table
  | { readonly kind: 'charts'; readonly charts: readonly Chart[] };

/** A cell's text and the figure that it shows, by the path that `npm run trace` knows it by. */
export interface FigureCell {
  readonly text: string;
  readonly figure: string;
}

export type Cell = string | FigureCell;

export const figure = (path: string, text: string): FigureCell => ({ figure: path, text });

export const cellText = (cell: Cell): string => (typeof cell === 'string' ? cell : cell.text);

export interface Table {
  readonly kind: 'table';
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** In report.html only. */
  readonly detail?: boolean;
}

/** A drawing of no figure, in report.html only. */
export interface Picture {
  readonly kind: 'picture';
  readonly title: string;
  readonly caption: string;
  readonly svg: string;
}

export interface Chart {
  /** Name of its file, and of the chart among those of the report. */
  readonly id: string;
  readonly title: string;
  /** What is shown and how to read it; also for who cannot see it. */
  readonly caption: string;
  readonly svg: string;
  readonly wide?: boolean;
  /** Paths of the figures that it shows. */
  readonly figures?: readonly string[];
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface Fact {
  readonly name: string;
  readonly value: string;
}

export interface Finding {
  readonly name: string;
  readonly text: string;
}

export interface Warning {
  readonly text: string;
  /** Id of the section that has more of it. */
  readonly section: string;
}

/** What a reader has who stops after a minute. */
export interface FirstPage {
  readonly facts: readonly Fact[];
  readonly findings: readonly Finding[];
  /** At most four. */
  readonly charts: readonly Chart[];
  /** All, those that count most first. */
  readonly warnings: readonly Warning[];
}

export interface ReportDocument {
  readonly title: string;
  readonly subtitle: string;
  /** Said at the title where guests were not virtualised by hardware; null = they were. */
  readonly label: string | null;
  readonly firstPage: FirstPage;
  readonly sections: readonly Section[];
  /** The method as a paper tells it, by paragraphs. */
  readonly methods: readonly string[];
  /** What each figure is made of, by path; a figure that is not here is shown without. */
  readonly traces: ReadonlyMap<string, TracedFigure>;
  /** Name of the run, for the commands that are shown. */
  readonly run: string;
}
