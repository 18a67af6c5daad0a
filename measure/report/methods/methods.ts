import type { Summary } from '../../analyse/summary';
import { escapeMarkdown } from '../document/markdown';
import { inLanguage } from '../language/language';
import { deviationsParagraph, statisticsParagraph } from './deviations';
import { procedureParagraphs } from './procedure';
import { settingParagraph, versionsParagraph } from './setting';

/**
 * The method as a paper tells it, a string for each paragraph. Every number comes from the run's records; what was not
 * recorded is not said. In English, whatever language is being drawn: papers are.
 */
export function methodsParagraphs(summary: Summary): readonly string[] {
  return inLanguage('en', () => [
    settingParagraph(summary),
    ...procedureParagraphs(summary),
    statisticsParagraph(summary),
    deviationsParagraph(summary),
    versionsParagraph(summary),
  ]);
}

/** methods.md: for whoever writes about the run. */
export function renderMethods(summary: Summary): string {
  return `${['# Methods', ...methodsParagraphs(summary).map(escapeMarkdown)].join('\n\n')}\n`;
}
