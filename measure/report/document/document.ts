/** What a report is made of; HTML and Markdown are drawn from the same blocks, so that they cannot disagree. */
export type Block =
  | { readonly kind: 'text'; readonly text: string; readonly detail?: boolean }
  | { readonly kind: 'notice'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly detail?: boolean }
  | Table
  | { readonly kind: 'charts'; readonly charts: readonly Chart[] };

export interface Table {
  readonly kind: 'table';
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** In report.html only. */
  readonly detail?: boolean;
}

export interface Chart {
  readonly title: string;
  /** What is shown and how to read it; also for who cannot see it. */
  readonly caption: string;
  readonly svg: string;
  readonly wide?: boolean;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface ReportDocument {
  readonly title: string;
  readonly subtitle: string;
  /** Warning on top of everything; null = none needed. */
  readonly banner: string | null;
  readonly sections: readonly Section[];
}
