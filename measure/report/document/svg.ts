import { paperColours } from '../charts/chart-frame';
import type { Chart, ReportDocument } from './document';
import { escapeHtml } from './escape-html';

/** Every chart of a report, each once: those of the first page stand in the sections too. */
export function chartsOf({ firstPage, sections }: ReportDocument): readonly Chart[] {
  const all = [
    ...firstPage.charts,
    ...sections.flatMap(({ blocks }) =>
      blocks.flatMap((block) => (block.kind === 'charts' ? block.charts : [])),
    ),
  ];
  return all.filter(({ id }, index) => all.findIndex((chart) => chart.id === id) === index);
}

/**
 * A chart as a file of its own, for documents: with its title and description, in colours for white paper and fonts that
 * are on most machines, and without anything that a program for drawings may not know (variables, currentColor).
 */
export function renderSvg({ svg, title, caption }: Chart): string {
  const about = `<title>${escapeHtml(title)}</title><desc>${escapeHtml(caption)}</desc>`;
  const plain = svg
    .replace(/var\(--([a-z-]+)\)/g, (_, name: keyof typeof paperColours) => paperColours[name])
    .replaceAll('currentColor', paperColours.ink)
    .replaceAll('system-ui, sans-serif', 'DejaVu Sans, Verdana, Arial, sans-serif')
    .replace(
      /^<svg\b([^>]*)>/,
      `<svg xmlns="http://www.w3.org/2000/svg" role="img"$1>${about}<rect width="100%" height="100%" fill="${paperColours.page}"/>`,
    );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${plain}\n`;
}
