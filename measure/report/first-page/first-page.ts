import type { Summary } from '../../analyse/summary';
import { barCharts } from '../charts/qos-charts';
import { levelCharts } from '../charts/resource-charts';
import type { Chart, FirstPage } from '../document/document';
import { loadCharts } from '../sections/load-section';
import { facts } from './facts';
import { findings } from './findings';
import { inTurn } from './in-turn';
import { warnings } from './warnings';

const mostCharts = 4;

/** What a student or a manager reads in a minute; everything on it is made by rule from the figures. */
export function firstPage(summary: Summary): FirstPage {
  return {
    facts: facts(summary),
    findings: findings(summary),
    charts: inTurn([nodeCharts(summary), clientCharts(summary), rateCharts(summary)], mostCharts),
    warnings: warnings(summary),
  };
}

function nodeCharts(summary: Summary): readonly Chart[] {
  return summary.resources.levels.some(({ visits }) => visits > 0) ? levelCharts(summary) : [];
}

/** Throughput first; then loss where there is any, and else delay, which is never 0. */
function clientCharts(summary: Summary): readonly Chart[] {
  const { applications } = summary;
  if (applications.every(({ sessions }) => sessions === 0)) return [];
  const [throughput, loss, delay, ...others] = barCharts(summary);
  const lost = applications.some(({ packetsLost }) => packetsLost > 0);
  return [throughput, ...(lost ? [loss, delay] : [delay, loss]), ...others].flatMap((chart) => chart ?? []);
}

/** Of the first application that has ladders. */
function rateCharts(summary: Summary): readonly Chart[] {
  return summary.load
    .filter(({ ladders }) => ladders > 0)
    .slice(0, 1)
    .flatMap((application) => loadCharts(summary, application));
}
