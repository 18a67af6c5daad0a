import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { language } from '../language/language';
import { say } from '../language/messages';
import { type Block, cellText, type ReportDocument, type Section } from './document';
import { escapeHtml } from './escape-html';
import { labelText } from './format';
import { renderCharts, renderFirstPage } from './html-first-page';
import { HtmlTraces } from './html-traces';

/** Addresses and hashes may be broken anywhere, so that they do not widen a table; figures with units and names of files never. */
function cell(text: string): string {
  return escapeHtml(text)
    .replace(/\S{33,}/g, '<span class="long">$&</span>')
    .replace(/^\d{3}-[\w./-]{1,28}$/, '<span class="file">$&</span>');
}

/** One file without any reference to another: style and charts are inside. */
export function renderHtml(report: ReportDocument): string {
  const css = readFileSync(join(__dirname, 'report.css'), 'utf8');
  const words = say().page;
  const badge =
    report.label === null
      ? ''
      : ` <a class="badge" href="#warnings">${escapeHtml(labelText(report.label))}</a>`;
  const traces = new HtmlTraces(report);
  const first = renderFirstPage(report.firstPage, traces);
  const sections = report.sections.map((section) => renderSection(section, traces)).join('\n');
  return `<!doctype html>
<html lang="${language()}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(report.title)}</title>
<style>
${css}</style>
</head>
<body>
<header>
<h1>${escapeHtml(report.title)}</h1>
<p class="subtitle">${escapeHtml(report.subtitle)}${badge}</p>
</header>
<main>
${first}
<h2 class="below">${escapeHtml(words.sections)}</h2>
<label class="open-all"><input type="checkbox" id="open-all"> ${escapeHtml(words.openAll)}</label>
<p class="hint">${escapeHtml([words.hint, words.untranslated].filter(Boolean).join(' '))}</p>
${sections}
</main>
${traces.render()}
</body>
</html>
`;
}

/** Folded. The id is on what is inside, as a browser opens whatever a link's target lies in. */
function renderSection({ id, title, blocks }: Section, traces: HtmlTraces): string {
  const count = (kind: Block['kind']): number =>
    blocks.reduce(
      (sum, block) => sum + (block.kind !== kind ? 0 : block.kind === 'charts' ? block.charts.length : 1),
      0,
    );
  const holds = say().page.holds(count('charts'), count('table'));
  return [
    `<details class="section">\n<summary><h2>${escapeHtml(title)}</h2> <span>${escapeHtml(holds)}</span></summary>`,
    `<section id="${id}"${language() === 'en' ? '' : ' lang="en"'}>\n${blocks.map((block) => renderBlock(block, traces)).join('\n')}\n</section>\n</details>`,
  ].join('\n');
}

export function renderBlock(block: Block, traces: HtmlTraces): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escapeHtml(block.text)}</p>`;
    case 'notice':
      return `<p class="notice">${escapeHtml(block.text)}</p>`;
    case 'code':
      return `<pre><code>${escapeHtml(block.text)}</code></pre>`;
    case 'list':
      return `<ul>\n${block.items.map((item) => `<li>${escapeHtml(item)}</li>`).join('\n')}\n</ul>`;
    case 'table': {
      const head = block.head.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('');
      const rows = block.rows.map((row) => {
        const [first = '', ...rest] = row.map((each) => traces.cell(each, cell(cellText(each))));
        return `<tr><th scope="row">${first}</th>${rest.map((content) => `<td>${content}</td>`).join('')}</tr>`;
      });
      return `<div class="table"><table>\n<caption>${escapeHtml(block.title)}</caption>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
    }
    case 'picture':
      return `<figure class="picture">\n<h3>${escapeHtml(block.title)}</h3>\n${block.svg}<figcaption>${escapeHtml(block.caption)}</figcaption>\n</figure>`;
    case 'charts':
      return renderCharts(block.charts, traces);
  }
}
