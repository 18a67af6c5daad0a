import type { Analysis } from '../../analyse/summary';
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
import { when } from './format';

const banners = {
  'emulated (TCG)':
    'Emulated (TCG): the guests’ code was translated by QEMU, without hardware virtualisation. CPU, page and start times are far above those of virtualised guests; memory holds the translation cache; packets are real.',
  simulated:
    'Simulated: no guest has run. The figures show that the tools work and say nothing about guests.',
  'acceleration unknown': 'It is not recorded whether the guests were virtualised by hardware or emulated.',
} as const;

export function reportDocument({ summary, samples, curves }: Analysis): ReportDocument {
  const { plan, label } = summary;
  return {
    title: 'Server virtualisation on Proxmox VE: what the node spends and what clients get',
    subtitle: `Run ${summary.run}, plan “${plan.planName}”, registered ${when(plan.registeredAt)}. After a 2019 study with Proxmox VE 5.3.`,
    banner: label === null ? null : banners[label],
    sections: [
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
    ],
  };
}
