import type { TracedFigure, TracedObservation } from '../../analyse/figures/trace';
import { say } from '../language/messages';
import { type Cell, type Chart, cellText, type ReportDocument } from './document';
import { escapeHtml } from './escape-html';
import { coverage, missing, repeated } from './format';

/** Figures that are shown as buttons, each of which opens what the figure is made of: `npm run trace`, one click away. */
export class HtmlTraces {
  private readonly ids = new Map<string, string>();
  private readonly charts: string[] = [];

  constructor(private readonly report: Pick<ReportDocument, 'traces' | 'run'>) {}

  /** The cell's text, as a button where its figure is known. `content`: the text as HTML. */
  cell(cell: Cell, content: string): string {
    if (typeof cell === 'string' || cellText(cell) === missing) return content;
    const id = this.idOf(cell.figure);
    return id === null ? content : `<button popovertarget="${id}">${content}</button>`;
  }

  /** A button that lists the chart's figures, each of which is one. */
  chart({ figures = [], title }: Chart): string {
    const rows = figures.flatMap((path) => {
      const figure = this.report.traces.get(path);
      const id = this.idOf(path);
      return figure === undefined || id === null
        ? []
        : [
            `<li><button popovertarget="${id}">${escapeHtml(path)}</button>: ${escapeHtml(exact(figure.value, figure.unit))}</li>`,
          ];
    });
    if (rows.length === 0) return '';
    const id = `c${this.charts.length + 1}`;
    const words = say().why;
    this.charts.push(
      `<div popover id="${id}" class="why"><h3>${escapeHtml(title)}</h3><p>${escapeHtml(words.ofChart)}</p><ul>${rows.join('')}</ul></div>`,
    );
    return `<button class="ask" popovertarget="${id}">${escapeHtml(words.question)}</button>`;
  }

  /** All that the buttons drawn so far open. */
  render(): string {
    const figures = [...this.ids].flatMap(([path, id]) => {
      const figure = this.report.traces.get(path);
      return figure === undefined ? [] : [this.popover(id, figure)];
    });
    return [...this.charts, ...figures].join('\n');
  }

  private idOf(path: string): string | null {
    // What was not measured is made of nothing.
    if ((this.report.traces.get(path)?.value ?? null) === null) return null;
    const id = this.ids.get(path) ?? `w${this.ids.size + 1}`;
    this.ids.set(path, id);
    return id;
  }

  private popover(id: string, figure: TracedFigure): string {
    const { path, group, name, unit, statistic, interval, rule, observations } = figure;
    const words = say().why;
    const n = observations.filter(({ value }) => value !== null).length;
    const range =
      interval === null
        ? ''
        : `; ${words.interval(exact(interval.low, unit), exact(interval.high, unit), coverage(interval))}`;
    const row = (head: string, text: string): string =>
      `<dt>${escapeHtml(head)}</dt><dd>${escapeHtml(text)}</dd>`;
    return [
      `<div popover id="${id}" class="why"><h3>${escapeHtml(`${group}: ${name}`)}</h3>`,
      `<p><b>${escapeHtml(exact(figure.value, unit))}</b> ${escapeHtml(`${words.statistic[statistic]}, ${repeated(n)}${range}`)}</p>`,
      `<dl>${row(words.each, rule.how)}${row(words.fields, [...rule.fields, ...rule.captures].join(', '))}</dl>`,
      `<ul>${observations.map((each) => `<li>${escapeHtml(this.observation(each, figure))}</li>`).join('')}</ul>`,
      `<p>${escapeHtml(words.command)} <code>${escapeHtml(`npm run trace -- ${this.report.run} "${path}"`)}</code></p></div>`,
    ].join('');
  }

  private observation(
    { repetition, value, files, marks }: TracedObservation,
    { unit }: TracedFigure,
  ): string {
    const remarks = marks.length > 0 ? ` (${marks.join('; ')})` : '';
    return `${repetition}: ${exact(value, unit)}${remarks} — ${files.join(', ') || missing}`;
  }
}

/** Not rounded, as the raw data gives it: what is traced is compared digit by digit. */
function exact(value: number | null, unit: string): string {
  if (value === null) return missing;
  return unit === '' ? String(value) : `${value}\u00a0${unit}`;
}
