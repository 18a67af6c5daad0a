import { fewestForInterval, wantedPercent } from '../../analyse/statistics/median-interval';
import { mostRepetitions } from '../../analyse/statistics/precision';
import type { Summary } from '../../analyse/summary';
import { cellText } from '../document/document';
import { plural, repeated } from '../document/format';
import { repetitionCounts } from '../sections/repetition-notes';
import { orderTable } from '../sections/run-sections';
import { doneOf, listed } from './words';

/** How figures were made of repetitions. */
export function statisticsParagraph(summary: Summary): string {
  const { counts, without, few } = repetitionCounts(summary);
  const each = [...new Set(counts)].sort((a, b) => a - b);
  const stops = (['resources', 'qos'] as const).some(
    (scenario) =>
      summary.plan.scenarios.includes(scenario) && mostRepetitions(summary.plan, scenario) !== undefined,
  );
  if (each.length === 0) return 'Nothing was measured, so that there are no statistics.';
  return [
    `A figure is the median over its repetitions (${each.map(repeated).join(', ')}).`,
    without.length === each.length
      ? `With fewer than ${fewestForInterval} repetitions there are no intervals, and no difference can be told from chance.`
      : `Intervals of the median go from one repetition in order to another, by the binomial law (distribution-free; David and Nagaraja, Order Statistics, 7.1), and aim at ${wantedPercent} %${few.length === 0 ? '' : `; with ${few.map(repeated).join(', ')} they cover less often, as is said with each`}.`,
    ...(stops
      ? [
          'Where repetitions stop once precise enough, intervals are repeated ones (Jennison and Turnbull, 1989), which cover whenever that is.',
        ]
      : []),
    'No outlier was dropped. Repetitions are within one deployment on one machine.',
  ].join(' ');
}

/** What was not as planned: what is missing, in another order, disturbed, or has a fault. */
export function deviationsParagraph(summary: Summary): string {
  const { resources, progress, faults } = summary;
  const done = progress
    .filter(({ planned }) => planned > 0)
    .map(({ what, planned, done }) => ({ what, planned, done }));
  const short = done.filter((each) => each.done < each.planned);
  const disturbed = resources.visits.filter((visit) => visit.disturbed).length;
  const transient = resources.visits.filter((visit) => visit.transient && visit.samples > 0).length;
  const failed = summary.sessions.reduce((sum, session) => sum + session.failedTransfers, 0);
  const order = orderTable(summary)
    .rows.map((row) => row.map(cellText))
    .filter((row) => row.at(-1) !== 'as registered');
  const sentences = [
    ...(short.length === 0
      ? []
      : [
          `Not all that was planned was done without a fault: ${listed(short.map((each) => `${each.done} of ${each.planned} ${each.what}`))}.`,
        ]),
    ...(order.length === 0
      ? []
      : [
          `The order was not as registered: ${listed(order.map(([what = '', , made = '']) => `${what} (made: ${made})`))}.`,
        ]),
    ...(disturbed === 0
      ? []
      : [
          `In ${doneOf(disturbed, resources.visits.length, 'visit')} programs other than the guests took a notable share of the CPUs; these visits stay in the figures.`,
        ]),
    ...(transient === 0
      ? []
      : [
          `${plural(transient, 'visit')} had not settled in time and ${transient === 1 ? 'stays' : 'stay'} in the figures.`,
        ]),
    ...(failed === 0 ? [] : [`${plural(failed, 'transfer')} failed in sessions.`]),
    ...(faults.length === 0
      ? []
      : [`Faults were recorded: ${faults.map((fault) => fault.replace(/\.$/, '')).join('; ')}.`]),
  ];
  return sentences.length === 0
    ? 'Everything that was planned was done in the registered order, without a fault.'
    : sentences.join(' ');
}
