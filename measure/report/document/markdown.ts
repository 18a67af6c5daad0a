import type { Block, ReportDocument } from './document';

/** The report in short: no charts, and no blocks marked as detail. */
export function renderMarkdown(report: ReportDocument): string {
  const parts = [`# ${escapeMarkdown(report.title)}`, escapeMarkdown(report.subtitle)];
  if (report.banner !== null) parts.push(`> **${escapeMarkdown(report.banner)}**`);
  for (const section of report.sections) {
    const blocks = section.blocks.map(renderBlock).filter((block) => block !== '');
    if (blocks.length > 0) parts.push(`## ${escapeMarkdown(section.title)}`, ...blocks);
  }
  return `${parts.join('\n\n')}\n`;
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
      const row = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
      return [
        `**${escapeMarkdown(block.title)}**`,
        '',
        row(block.head),
        `|${' --- |'.repeat(block.head.length)}`,
        ...block.rows.map(row),
      ].join('\n');
    }
    case 'charts':
      return '';
  }
}
