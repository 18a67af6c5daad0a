import { say } from '../language/messages';
import { type Block, type Cell, cellText, type FirstPage, type ReportDocument } from './document';
import { labelText } from './format';

/** The report in short: no charts, and no blocks marked as detail. */
export function renderMarkdown(report: ReportDocument): string {
  const label = report.label === null ? '' : ` **${escapeMarkdown(labelText(report.label))}**`;
  const parts = [
    `# ${escapeMarkdown(report.title)}`,
    `${escapeMarkdown(report.subtitle)}${label}`,
    ...renderFirstPage(report.firstPage),
  ];
  for (const section of report.sections) {
    const blocks = section.blocks.map(renderBlock).filter((block) => block !== '');
    if (blocks.length > 0) parts.push(`## ${escapeMarkdown(section.title)}`, ...blocks);
  }
  return `${parts.join('\n\n')}\n`;
}

function renderFirstPage({ facts, findings, warnings }: FirstPage): string[] {
  const words = say().firstPage;
  const list = (items: readonly string[]): string => items.map((item) => `- ${item}`).join('\n');
  const named = ({ name, text }: { name: string; text: string }): string =>
    `**${escapeMarkdown(name)}:** ${escapeMarkdown(text)}`;
  return [
    list(facts.map(({ name, value }) => named({ name, text: value }))),
    ...(findings.length === 0
      ? [words.nothing]
      : [`## ${escapeMarkdown(words.meaning)}`, list(findings.map(named))]),
    ...(warnings.length === 0
      ? []
      : [`## ${escapeMarkdown(words.warnings)}`, list(warnings.map(({ text }) => escapeMarkdown(text)))]),
  ];
}

/** Keeps text from being read as markup or as the end of a table's cell. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

function renderBlock(block: Block): string {
  switch (block.kind) {
    case 'text':
      return block.detail ? '' : escapeMarkdown(block.text);
    case 'notice':
      return `> ${escapeMarkdown(block.text)}`;
    case 'code':
      return `\`\`\`sh\n${block.text}\n\`\`\``;
    case 'list':
      return block.detail ? '' : block.items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
    case 'table': {
      if (block.detail) return '';
      const row = (cells: readonly Cell[]): string =>
        `| ${cells.map((cell) => escapeMarkdown(cellText(cell))).join(' | ')} |`;
      return [
        `**${escapeMarkdown(block.title)}**`,
        '',
        row(block.head),
        `|${' --- |'.repeat(block.head.length)}`,
        ...block.rows.map(row),
      ].join('\n');
    }
    case 'picture':
    case 'charts':
      return '';
  }
}
