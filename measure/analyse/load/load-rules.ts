import type { MetricRule } from '../figures/metric-rules';

const rule = (how: string, ...fields: readonly string[]): MetricRule => ({ how, fields, captures: [] });

const outcome = ['steps[].requests[].status', 'steps[].requests[].error'];
const times = ['steps[].requests[].intendedAt', 'steps[].requests[].endedAt', ...outcome];
const latency = 'intended start to the end of a whole answer of status 2xx; one without is later than any';

const step = {
  ratePerSecond: rule('as planned', 'steps[].ratePerSecond'),
  requests: rule('their number', 'steps[].requests[]'),
  offeredPerSecond: rule('requests by the time of the step', 'steps[].requests[]', 'steps[].seconds'),
  answeredPerSecond: rule(
    'whole answers of status 2xx by the time of the step or, if later, until the last of them',
    ...times,
    'steps[].seconds',
    'steps[].startedAt',
  ),
  answered: rule('whole answers of status 2xx', ...outcome),
  failed: rule('started, without a whole answer of status 2xx', ...outcome),
  notStarted: rule('held back until the step was cut off', 'steps[].requests[].startedAt'),
  held: rule('requests that waited for their turn', 'steps[].requests[].held'),
  medianSeconds: rule(`median of all requests: ${latency}`, ...times),
  p95Seconds: rule(`95th percentile of all requests: ${latency}`, ...times),
  growthPercent: rule('least-squares slope of the latency over the intended time', ...times),
  mostUnderWay: rule(
    'most requests at once between start and end',
    'steps[].requests[].startedAt',
    'steps[].requests[].endedAt',
  ),
  latenessSeconds: rule(
    'intended start to start, of requests that were not held',
    'steps[].requests[].intendedAt',
    'steps[].requests[].startedAt',
    'steps[].requests[].held',
  ),
  generatorCpuPercent: rule(
    'CPU time of the generator by the time until the last end; 100 = one CPU',
    'steps[].generatorCpuSeconds',
    'steps[].requests[].endedAt',
    'steps[].seconds',
  ),
};

const bracket = ['steps[].ratePerSecond', ...times];

/** By the name in LadderResult and ApplicationLoad; the longest that begins a metric's name holds. */
export const loadRules: Readonly<Record<string, MetricRule>> = {
  keptUpPerSecond: rule('highest rate kept up with, below any that was not', ...bracket),
  notKeptUpPerSecond: rule('lowest rate not kept up with', ...bracket),
  ...Object.fromEntries(Object.entries(step).map(([name, how]) => [`steps ${name}`, how])),
  // Of a rate over its ladders.
  'rates answeredPerSecond': step.answeredPerSecond,
  'rates medianSeconds': step.medianSeconds,
  'rates p95Seconds': step.p95Seconds,
  'rates growthPercent': step.growthPercent,
};
