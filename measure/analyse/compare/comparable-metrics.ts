import { type Leaf, leavesOf } from '../figures/leaves';
import type { Distribution } from '../statistics/statistics';
import type { Summary } from '../summary';

export type MetricUnit = '%' | 'B' | 'bit/s' | '1/s' | 'ms' | 's' | '';

/** One metric of a run's summary over its repetitions. */
export interface Metric {
  /** Where it stands in summary.json, with names in place of indices: `levels/level 2/cpuPercent`. */
  readonly path: string;
  /** The level or the application. */
  readonly group: string;
  readonly name: string;
  readonly unit: MetricUnit;
  /** What one repetition is. */
  readonly repetition: 'visit' | 'block' | 'session' | 'power change' | 'ladder';
  /** Null = not measured. */
  readonly values: Distribution | null;
  /** What a reader must know of it; empty = nothing. */
  readonly notes: readonly string[];
}

/** Names that are not plain from the key; the others are made of it. */
const names: Readonly<Record<string, string>> = {
  cpuPercent: 'CPU of all',
  memoryUsedBytes: 'memory used',
  memoryPercent: 'memory used, share',
  'loadAverage 0': 'load average, 1 min',
  'loadAverage 1': 'load average, 5 min',
  'loadAverage 2': 'load average, 15 min',
  rootUsedBytes: 'root disk used',
  rootPercent: 'root disk used, share',
  ksmSharedBytes: 'memory shared by KSM',
  'pressurePercent cpu': 'pressure on CPU',
  'pressurePercent memory': 'pressure on memory',
  'pressurePercent io': 'pressure on I/O',
  guestsCpuPercent: 'CPU of the guests',
  guestsResidentBytes: 'resident memory of the guests',
  othersCpuPercent: 'CPU of others',
  othersMemoryBytes: 'memory of others',
  samplerCpuPercent: 'CPU of the sampler',
  transferBitsPerSecond: 'rate of single transfers',
  lossPercent: 'packet loss',
  oneWayDelayMs: 'one-way delay, median',
  meanDelayMs: 'one-way delay, mean',
  ackRoundTripMs: 'round trip to the ACK',
  probeRoundTripMs: 'round trip of the probe',
  jitterMs: 'jitter (RFC 3550), mean',
  peakJitterMs: 'jitter (RFC 3550), peak',
  pageLoadSeconds: 'page load time',
  firstByteSeconds: 'time to first byte',
  domContentLoadedSeconds: 'DOMContentLoaded',
  retransmissionPercent: 'retransmissions',
  taskSeconds: 'time of the task',
  readySeconds: 'time until the page came',
  difference: 'sampler less API',
  keptUpPerSecond: 'highest rate kept up with',
  notKeptUpPerSecond: 'lowest rate not kept up with',
};

const guestNames: Readonly<Record<string, string>> = {
  cpuPercent: 'CPU, of one CPU',
  residentBytes: 'resident memory',
};

const units: readonly (readonly [suffix: RegExp, unit: MetricUnit])[] = [
  [/percent$/i, '%'],
  [/BitsPerSecond$/, 'bit/s'],
  [/PerSecond$/, '1/s'],
  [/bytes$/i, 'B'],
  [/seconds$/i, 's'],
  [/Ms$/, 'ms'],
];
/** Times within a session whose unit, s, is not in their name. */
const timesInSession = new Set([
  'gap',
  'oneWayDelay',
  'delayVariation',
  'ackRoundTrip',
  'roundTrip',
  'pageLoad',
]);

/**
 * Every metric of a summary that has repetitions, found by its shape: a metric that the analysis gains is compared without
 * being named here. Not among them: single visits and sessions, which are the repetitions themselves.
 */
export function comparableMetrics(summary: Summary): readonly Metric[] {
  const { levels, increments, power, agreement } = summary.resources;
  return [
    ...levels.flatMap((level) =>
      find(level, [`level ${level.level}`], 'visit').map((metric) => ({
        ...metric,
        notes: levelNotes(level, metric.path),
      })),
    ),
    ...increments.flatMap((step) => find(step, [`step ${step.from} to ${step.to}`], 'block')),
    ...power.flatMap((change) => find(change, [`${change.action} of ${change.guest}`], 'power change')),
    ...agreement.flatMap((each) =>
      find(each, [`agreement, ${each.quantity}`], 'visit').map((metric) => ({
        ...metric,
        unit: each.unit === '1' ? ('' as const) : each.unit,
      })),
    ),
    ...summary.applications.flatMap((application) =>
      find(application, [application.guest], 'session').map((metric) => ({
        ...metric,
        notes: applicationNotes(application, metric),
      })),
    ),
    ...summary.load.flatMap((application) =>
      find(bracket(application), [loadGroup(application)], 'ladder').map((metric) => ({
        ...metric,
        notes: ['only rates of the ladder can be found'],
      })),
    ),
  ];
}

/** What ladders of load on an application are called. */
export function loadGroup({ guest }: Summary['load'][number]): string {
  return `load on ${guest}`;
}

/** Of a ladder only its result is compared: which rates it offers in between depends on it. */
function bracket({ keptUpPerSecond, notKeptUpPerSecond }: Summary['load'][number]) {
  return { keptUpPerSecond, notKeptUpPerSecond };
}

function levelNotes(level: Summary['resources']['levels'][number], path: string): readonly string[] {
  const index = Number(path.match(/loadAverage (\d)$/)?.[1] ?? Number.NaN);
  return [
    ...(level.loadTransient[index] === true ? ['transient'] : []),
    ...(level.transientVisits > 0
      ? [`${level.transientVisits} of ${level.visits} visits never settled`]
      : []),
    ...(level.disturbedVisits > 0 ? [`${level.disturbedVisits} of ${level.visits} visits disturbed`] : []),
  ];
}

function applicationNotes(
  { missingBecause, resolutionMs }: Summary['applications'][number],
  { unit, values }: Metric,
): readonly string[] {
  if (missingBecause !== null) return [`not installed: ${missingBecause}`];
  const tooFine = unit === 'ms' && values !== null && resolutionMs !== null && values.median < resolutionMs;
  return tooFine ? ['below the resolution of the clock'] : [];
}

function find(node: unknown, path: readonly string[], repetition: Metric['repetition']): readonly Metric[] {
  return leavesOf(node, isDistribution, path).map((leaf) => ({
    ...metricName(leaf),
    repetition,
    values: leaf.value,
    notes: [],
  }));
}

/** What a result is called, and its unit. The first part of the path is the level, the application, the visit or the session. */
export function metricName({
  path,
  keys,
}: Pick<Leaf<unknown>, 'path' | 'keys'>): Pick<Metric, 'path' | 'group' | 'name' | 'unit'> {
  const [group = '', ...inside] = path;
  const key = inside.join(' ');
  const last = keys[keys.length - 1] ?? '';
  const name =
    names[key] ?? (inside[0] === 'guests' ? `${inside[1]}: ${guestNames[last] ?? plain(last)}` : plain(key));
  return { path: path.join('/'), group, name, unit: unitOf(keys) };
}

function unitOf(keys: readonly string[]): MetricUnit {
  if (keys[keys.length - 1] === 'samples') return '';
  const named = units.find(([suffix]) => keys.some((key) => suffix.test(key)))?.[1];
  return named ?? (keys.some((key) => timesInSession.has(key)) ? 's' : '');
}

/** goodputBitsPerSecond → goodput */
function plain(key: string): string {
  const suffix = units.find(([end]) => end.test(key))?.[0];
  const stem = suffix === undefined ? key : key.replace(suffix, '');
  return (stem.trim() === '' ? key : stem)
    .trim()
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
}

export function isDistribution(node: unknown): node is Distribution {
  return (
    typeof node === 'object' && node !== null && 'median' in node && 'values' in node && 'interval' in node
  );
}
