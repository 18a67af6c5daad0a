import type { TracedFigure } from '../../analyse/figures/trace';
import type { Analysis } from '../../analyse/summary';
import { firstPage } from '../first-page/first-page';
import { inLanguage } from '../language/language';
import { say } from '../language/messages';
import { methodsParagraphs } from '../methods/methods';
import { benchmarksSections } from '../sections/benchmarks-section';
import { instrumentSection } from '../sections/instrument-section';
import { loadSections } from '../sections/load-section';
import { methodSection } from '../sections/method-section';
import { paperSection } from '../sections/paper-section';
import { qosSection } from '../sections/qos-section';
import { resourcesSection } from '../sections/resources-section';
import { dataSection, environmentSection, labSection, progressSection } from '../sections/run-sections';
import { summarySection } from '../sections/summary-section';
import type { ReportDocument } from './document';

/** `figures`: what each is made of, shown beside it; absent = figures are shown without. */
export function reportDocument(
  { summary, samples, curves }: Analysis,
  figures: readonly TracedFigure[] = [],
): ReportDocument {
  const { plan } = summary;
  return {
    title: say().page.title,
    subtitle: say().page.subtitle(summary.run),
    run: summary.run,
    label: summary.label,
    firstPage: firstPage(summary),
    // Their words are in English alone so far.
    sections: inLanguage('en', () => [
      summarySection(summary),
      labSection(summary),
      resourcesSection(summary, samples),
      qosSection(summary, curves),
      ...loadSections(summary),
      ...benchmarksSections(summary),
      // The paper knew neither load nor benchmarks: beside a run that has nothing else there is nothing to compare.
      ...(plan.scenarios.some((scenario) => scenario === 'resources' || scenario === 'qos')
        ? [paperSection(summary)]
        : []),
      methodSection(summary),
      instrumentSection(summary),
      environmentSection(summary),
      progressSection(summary),
      dataSection(summary),
    ]),
    methods: inLanguage('en', () => methodsParagraphs(summary)),
    traces: new Map(figures.map((figure) => [figure.path, figure])),
  };
}
