import type { MetricComparison, RunComparison } from '../../analyse/compare/compare-runs';
import { sidesChart } from '../charts/sides-chart';
import type { Chart } from '../document/document';
import { coverages, labelled } from '../document/format';
import { scaleOf } from '../sections/comparison';
import type { ChartLabel } from './run-card';

/** Figures that are drawn, by the last part of their paths: of levels, of applications, of ladders of load. */
const ofLevels = ['memoryUsedBytes', 'cpuPercent', 'guestsCpuPercent', 'loadAverage/0', 'packageWatts'];
const ofApplications = [
  'pageLoadSeconds',
  'firstByteSeconds',
  'throughputBitsPerSecond',
  'goodputBitsPerSecond',
  'oneWayDelayMs',
  'jitterMs',
  'lossPercent',
];
const ofLoad = ['keptUpPerSecond'];

/** Where nothing of these was asked for (`--metric`), all that there is of a kind is drawn, up to so many. */
const mostCharts = 12;

interface Kind {
  readonly groups: RegExp;
  readonly keys: readonly string[];
  readonly xLabel: string | null;
}

const kinds: readonly Kind[] = [
  { groups: /^level (\d+)$/, keys: ofLevels, xLabel: 'running guests' },
  { groups: /^load on (.+)$/, keys: ofLoad, xLabel: null },
  {
    groups: /^(?!level |step |agreement,|load on |benchmarks of |\w+ of )(.+)$/,
    keys: ofApplications,
    xLabel: null,
  },
];

/** Whether a figure is one of those that are drawn first. */
export function isMain({ path, group }: Pick<MetricComparison, 'path' | 'group'>): boolean {
  return kinds.some(({ groups, keys }) => groups.test(group) && keys.includes(keyOf({ path })));
}

/** The main figures, with both runs on one axis. */
export function pairCharts(comparison: RunComparison, label: ChartLabel): readonly Chart[] {
  return kinds
    .flatMap((kind) => {
      const own = comparison.metrics.filter(({ group }) => kind.groups.test(group));
      const keys = kind.keys.filter((key) => own.some((metric) => keyOf(metric) === key));
      const drawn = keys.length > 0 ? keys : [...new Set(own.map(keyOf))];
      return drawn.flatMap((key) =>
        chart(
          own.filter((metric) => keyOf(metric) === key),
          kind,
          { comparison, label },
        ),
      );
    })
    .slice(0, mostCharts);
}

/** A chart's name among those of the page. */
export function chartId(path: string): string {
  return path.replace(/\W+/g, '-').toLowerCase();
}

function keyOf({ path }: Pick<MetricComparison, 'path'>): string {
  return path.slice(path.indexOf('/') + 1);
}

function chart(
  metrics: readonly MetricComparison[],
  { groups, xLabel }: Kind,
  { comparison, label }: { readonly comparison: RunComparison; readonly label: ChartLabel },
): readonly Chart[] {
  const [first] = metrics;
  const measured = metrics.filter(({ a, b }) => a !== null || b !== null);
  if (first === undefined || measured.length === 0) return [];
  const scale = scaleOf(
    first.unit,
    Math.max(...measured.flatMap(({ a, b }) => [Math.abs(a?.median ?? 0), Math.abs(b?.median ?? 0)])),
  );
  const [A, B] = comparison.sides;
  const percent = coverages(measured.flatMap(({ a, b }) => [a, b]));
  const absent = metrics.filter(({ a, b }) => a === null || b === null).map(({ group }) => group);
  const title = labelled(
    first.name.replace(/^./, (letter) => letter.toUpperCase()),
    label.ofTitle,
  );
  const caption = [
    `Medians of ${A} (dots) and ${B} (triangles)${percent === null ? '' : `, with intervals that cover in ${percent}`}; small marks: every ${first.repetition}.`,
    ...(label.ofCaption === null ? [] : [label.ofCaption]),
    ...(absent.length > 0 ? [`Not measured in both: ${absent.join(', ')}.`] : []),
  ].join(' ');
  const svg = sidesChart(
    metrics.map(({ group, a, b }) => ({ of: groups.exec(group)?.[1] ?? group, values: [a, b] })),
    {
      title,
      description: caption,
      sides: comparison.sides,
      xLabel,
      unit: scale.unit,
      factor: scale.factor,
      joined: xLabel !== null,
    },
  );
  return [{ id: chartId(first.path), title, caption, svg }];
}
