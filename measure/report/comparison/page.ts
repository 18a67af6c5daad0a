import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Block } from '../document/document';
import { escapeHtml } from '../document/escape-html';
import { renderBlock } from '../document/html';
import { HtmlTraces } from '../document/html-traces';

/** A run of a comparison, as its page names it. */
export interface RunCard {
  /** A, B, ... */
  readonly side: string;
  readonly run: string;
  /** Emulated or simulated, said wherever its figures are; null = it needs no label. */
  readonly label: string | null;
  /** Date, plan, target. */
  readonly facts: readonly string[];
}

/** What is closed until it is asked for. */
interface Fold {
  readonly kind: 'fold';
  readonly summary: string;
  readonly blocks: readonly Block[];
}

export interface PageSection {
  readonly id: string;
  readonly title: string;
  readonly blocks: readonly (Block | Fold)[];
}

export interface ComparisonPage {
  readonly title: string;
  readonly subtitle: string;
  readonly runs: readonly RunCard[];
  readonly sections: readonly PageSection[];
}

/** One file without any reference to another, in the report's style; light or dark as its reader's screen. */
export function renderComparisonPage({ title, subtitle, runs, sections }: ComparisonPage): string {
  const style = [join(__dirname, '../document/report.css'), join(__dirname, 'comparison.css')]
    .map((file) => readFileSync(file, 'utf8'))
    .join('');
  const links = sections.map((section) => `<a href="#${section.id}">${escapeHtml(section.title)}</a>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(`${title}: ${runs.map(({ run }) => run).join(', ')}`)}</title>
<style>
${style}</style>
</head>
<body>
<header>
<h1>${escapeHtml(title)}</h1>
<p class="subtitle">${escapeHtml(subtitle)}</p>
</header>
<ol class="runs" aria-label="Runs">
${runs.map(renderCard).join('\n')}
</ol>
<nav aria-label="Sections">
${links.join('\n')}
</nav>
<main>
${sections.map(renderSection).join('\n')}
</main>
</body>
</html>
`;
}

function renderCard({ side, run, label, facts }: RunCard, index: number): string {
  const badge = label === null ? '' : ` <span class="label">${escapeHtml(label)}</span>`;
  return `<li class="${index === 0 ? 'first' : 'later'}"><b class="side">${escapeHtml(side)}</b> <b>${escapeHtml(run)}</b>${badge}<br>${escapeHtml(facts.join(', '))}</li>`;
}

function renderSection({ id, title, blocks }: PageSection): string {
  return `<section id="${id}">\n<h2>${escapeHtml(title)}</h2>\n${blocks.map(renderPart).join('\n')}\n</section>`;
}

/** Figures of several runs are traced run by run, with `npm run trace`. */
const untraced = new HtmlTraces({ traces: new Map(), run: '' });

function renderPart(block: Block | Fold): string {
  if (block.kind !== 'fold') return renderBlock(block, untraced);
  const inside = block.blocks.map((inner) => renderBlock(inner, untraced)).join('\n');
  return `<details><summary>${escapeHtml(block.summary)}</summary>\n${inside}\n</details>`;
}
