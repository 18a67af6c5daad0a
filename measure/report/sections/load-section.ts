import { loadGroup } from '../../analyse/compare/comparable-metrics';
import type { ApplicationLoad } from '../../analyse/load/load';
import type { LoadStepResult } from '../../analyse/load/load-step';
import type { Summary } from '../../analyse/summary';
import { answeredChart, latencyChart } from '../charts/load-charts';
import { type Block, type Chart, figure, type Section, type Table } from '../document/document';
import { distribution, labelled, number, plural, quantity, type Scale, scales } from '../document/format';
import { say } from '../language/messages';
import { usersBlocks } from './users-blocks';

/** Open-loop load: at which rate each application stops keeping up. No section where the run has no load. */
export function loadSections(summary: Summary): Section[] {
  const { plan, load, ladders } = summary;
  const settings = plan.plan.load;
  if (!plan.scenarios.includes('load') || settings === undefined) return [];
  const { limits } = settings;
  const measured = load.filter((application) => application.ladders > 0);
  const blocks: Block[] = [
    {
      kind: 'text',
      text: `One client asks for ${settings.pages === 1 ? 'the front page' : plural(settings.pages, 'page')} without what it loads, at intended times, whether or not those before were answered: ${quantity(settings.stepSeconds, 's')} at each rate. An application keeps up with a rate if at least ${quantity(limits.answeredPercent, '%')} of the requests are answered whole and with status 2xx, the 95th percentile of their latency is ${quantity(limits.latencySeconds, 's')} at most, and the latency does not grow by more than ${quantity(limits.growthPercent, '%')} of the time that passes. What is found is an interval between two rates that were offered, and not a maximum between them.`,
    },
    {
      kind: 'list',
      items: load.map((application) => `${application.guest} ${loadFinding(application)}.`),
    },
  ];
  if (measured.length > 0) {
    blocks.push(
      { kind: 'charts', charts: measured.flatMap((application) => loadCharts(summary, application)) },
      ...measured.map((application) => rateTable(summary, application)),
      {
        kind: 'text',
        text: 'Single pages, no log-ins and nothing written: the rates say what this one request costs the guest, not how many people it could serve. The other guests run and idle meanwhile, and the generator shares the node’s CPUs with all of them. Ladders of one run share one boot. Random arrivals queue up well below the capacity; where an answer takes a second or so, the limit of the latency is reached there, and the capacity itself is the answered rate of the steps that were too much. A random queue near the limit can look like one that grows, and a short step like one that does not: the longer the steps, the narrower the doubt.',
      },
    );
  }
  blocks.push(...usersBlocks(summary));
  if (ladders.length > 0) blocks.push(stepTable(summary));
  return [{ id: 'load', title: 'Load: where applications stop keeping up', blocks }];
}

/** What was found of an application, as the rest of a sentence that begins with its name. */
export function loadFinding(application: ApplicationLoad): string {
  const { missingBecause, ladders, keptUpPerSecond, notKeptUpPerSecond, rates } = application;
  const { laddersBelow, laddersAbove } = application;
  const words = say().findings.load;
  if (missingBecause !== null) return words.missing(missingBecause);
  if (ladders === 0) return words.noLadder;
  const first = quantity(rates[0]?.ratePerSecond, scales.perSecond.unit);
  const last = quantity(rates.at(-1)?.ratePerSecond, scales.perSecond.unit);
  const of = (count: number): string =>
    count === ladders ? '' : words.of(String(count), plural(ladders, 'ladder'));
  if (laddersBelow > 0) return words.below(first, of(laddersBelow));
  const kept = distribution(keptUpPerSecond, scales.perSecond, ladders);
  if (laddersAbove > 0) {
    return words.above(last, of(laddersAbove));
  }
  const not = distribution(notKeptUpPerSecond, scales.perSecond, ladders);
  return words.between(kept, not, plural(ladders, 'ladder'), ladders === 1);
}

export function loadCharts({ ladders, label, plan }: Summary, { guest }: ApplicationLoad): Chart[] {
  const points = ladders
    .filter((ladder) => ladder.guest === guest && ladder.fault === null)
    .flatMap(({ steps }) => steps)
    .map((step) => ({ ...step, keptUp: step.because.length === 0 }));
  const words = say().charts;
  return [
    {
      id: `answered-${guest}`,
      title: labelled(words.answered(guest), label),
      caption: words.answeredCaption,
      svg: answeredChart(points),
    },
    {
      id: `latency-${guest}`,
      title: labelled(words.latency(guest), label),
      caption: words.latencyCaption,
      svg: latencyChart(points, plan.plan.load?.limits.latencySeconds ?? Number.NaN),
    },
  ];
}

type Rate = ApplicationLoad['rates'][number];
type RateFigure = 'answeredPerSecond' | 'medianSeconds' | 'p95Seconds' | 'growthPercent';

function rateTable({ label }: Summary, { guest, rates }: ApplicationLoad): Table {
  const of = (rate: Rate, key: RateFigure, scale: Scale) =>
    figure(
      `${loadGroup({ guest })}/rates/${Number(rate.ratePerSecond.toPrecision(4))} per second/${key}`,
      distribution(rate[key], scale, rate.ladders),
    );
  return {
    kind: 'table',
    title: labelled(`Load on ${guest}`, label),
    head: ['Offered', 'Kept up', 'Answered', 'Latency, median', 'Latency, 95th percentile', 'Growth'],
    rows: rates.map((rate) => [
      quantity(rate.ratePerSecond, scales.perSecond.unit),
      `${rate.laddersKeptUp} of ${rate.ladders}`,
      of(rate, 'answeredPerSecond', scales.perSecond),
      of(rate, 'medianSeconds', scales.seconds),
      of(rate, 'p95Seconds', scales.seconds),
      of(rate, 'growthPercent', scales.percent),
    ]),
  };
}

function stepTable({ ladders, label }: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Steps in the order made', label),
    head: [
      'raw/load/',
      'Offered',
      'Requests',
      'Failed',
      'Not started',
      'Most at once',
      'Generator late, 95th percentile and most',
      'Its CPU',
      'Remarks',
    ],
    rows: ladders.flatMap(({ ladder, guest, steps, fault }) => {
      const name = `${String(ladder).padStart(3, '0')}-${guest}.json`;
      const made = steps.map((step) => [
        name,
        quantity(step.offeredPerSecond, scales.perSecond.unit),
        number(step.requests, 9),
        number(step.failed, 9),
        number(step.notStarted, 9),
        number(step.mostUnderWay, 9),
        lateness(step),
        quantity(step.generatorCpuPercent, '% of one CPU'),
        step.because.join(', ') || 'kept up',
      ]);
      const blank = Array.from({ length: 7 }, () => '—');
      return fault === null ? made : [...made, [name, ...blank, fault]];
    }),
    detail: true,
  };
}

function lateness({ latenessSeconds }: LoadStepResult): string {
  if (latenessSeconds === null) return '—';
  const milliseconds = (seconds: number): string => quantity(seconds * 1000, 'ms');
  return `${milliseconds(latenessSeconds.p95)}, ${milliseconds(latenessSeconds.max)}`;
}
