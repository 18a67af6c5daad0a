import { say } from '../language/messages';
import type { Chart, FirstPage, Warning } from './document';
import { escapeHtml } from './escape-html';
import type { HtmlTraces } from './html-traces';

/** Further warnings are folded. */
export const mostWarnings = 5;

export function renderFirstPage(
  { facts, findings, charts, warnings }: FirstPage,
  traces: HtmlTraces,
): string {
  const words = say().firstPage;
  const parts = [
    `<dl class="facts">\n${facts
      .map(({ name, value }) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd></div>`)
      .join('\n')}\n</dl>`,
    findings.length === 0
      ? `<p>${escapeHtml(words.nothing)}</p>`
      : `<h2>${escapeHtml(words.meaning)}</h2>\n<ul class="findings">\n${findings
          .map(({ name, text }) => `<li><b>${escapeHtml(name)}:</b> ${escapeHtml(text)}</li>`)
          .join('\n')}\n</ul>`,
    ...(charts.length === 0 ? [] : [`<h2>${escapeHtml(words.charts)}</h2>\n${renderCharts(charts, traces)}`]),
    ...(warnings.length === 0 ? [] : [renderWarnings(warnings)]),
  ];
  return `<section id="first" aria-label="${escapeHtml(words.name)}">\n${parts.join('\n')}\n</section>`;
}

function renderWarnings(warnings: readonly Warning[]): string {
  const words = say().firstPage;
  const list = (some: readonly Warning[]): string =>
    `<ul>\n${some
      .map(
        ({ text, section }) =>
          `<li>${escapeHtml(text)} <a href="#${section}">${escapeHtml(say().page.details)}</a></li>`,
      )
      .join('\n')}\n</ul>`;
  const more = warnings.slice(mostWarnings);
  const folded =
    more.length === 0
      ? ''
      : `\n<details><summary>${escapeHtml(words.more(String(more.length)))}</summary>\n${list(more)}\n</details>`;
  return `<div id="warnings">\n<h2>${escapeHtml(words.warnings)}</h2>\n${list(warnings.slice(0, mostWarnings))}${folded}\n</div>`;
}

export function renderCharts(charts: readonly Chart[], traces: HtmlTraces): string {
  return `<div class="charts">\n${charts
    .map(
      (chart) =>
        `<figure${chart.wide ? ' class="wide"' : ''}>\n<h3>${escapeHtml(chart.title)}</h3>\n${chart.svg.replace('<svg', `<svg role="img" aria-label="${escapeHtml(chart.title)}"`)}\n<figcaption>${escapeHtml(chart.caption)} ${traces.chart(chart)}</figcaption>\n</figure>`,
    )
    .join('\n')}\n</div>`;
}
