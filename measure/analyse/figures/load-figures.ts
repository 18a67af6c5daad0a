import type { LadderResult } from '../load/ladders';
import type { LoadStepResult } from '../load/load-step';
import type { UserStepResult } from '../load/user-step';
import { type Figure, type NamedFigure, ofFile } from './figure';

const outcome = ['steps[].requests[].status', 'steps[].requests[].error'];
const times = ['steps[].requests[].intendedAt', 'steps[].requests[].endedAt', ...outcome];
/** Of one request. */
export const latency =
  'intended start to the end of a whole answer of status 2xx; one without is later than any';

/** Of one step of a ladder. */
export const stepFigures: readonly Figure<LoadStepResult>[] = [
  {
    key: 'ratePerSecond',
    label: 'rate planned',
    unit: '1/s',
    rule: ofFile('as planned', 'steps[].ratePerSecond'),
  },
  {
    key: 'offeredPerSecond',
    sample: 'offered rate',
    value: (step) => step.offeredPerSecond,
    label: 'rate offered',
    unit: '1/s',
    rule: ofFile('requests by the time of the step', 'steps[].requests[]', 'steps[].seconds'),
  },
  {
    key: 'answeredPerSecond',
    sample: 'answered rate',
    value: (step) => step.answeredPerSecond,
    label: 'rate answered',
    unit: '1/s',
    rule: ofFile(
      'whole answers of status 2xx by the time of the step or, if later, until the last of them',
      ...times,
      'steps[].seconds',
      'steps[].startedAt',
    ),
  },
  {
    key: 'because',
    label: 'why the rate was not kept up with',
    unit: '',
    rule: ofFile('the limits that were passed; none = the rate was kept up with', ...times),
    rows: [{ metric: 'kept up', value: ({ because }) => (because.length === 0 ? 1 : 0) }],
  },
  {
    key: 'requests',
    label: 'requests',
    unit: '',
    rule: ofFile('their number', 'steps[].requests[]'),
    sample: 'requests',
    value: (step) => step.requests,
  },
  {
    key: 'answered',
    sample: 'requests answered',
    value: (step) => step.answered,
    label: 'requests answered',
    unit: '',
    rule: ofFile('whole answers of status 2xx', ...outcome),
  },
  {
    key: 'failed',
    sample: 'requests failed',
    value: (step) => step.failed,
    label: 'requests failed',
    unit: '',
    rule: ofFile('started, without a whole answer of status 2xx', ...outcome),
  },
  {
    key: 'notStarted',
    sample: 'requests not started',
    value: (step) => step.notStarted,
    label: 'requests not started',
    unit: '',
    rule: ofFile('held back until the step was cut off', 'steps[].requests[].startedAt'),
  },
  {
    key: 'held',
    label: 'requests held',
    unit: '',
    rule: ofFile('requests that waited for their turn', 'steps[].requests[].held'),
  },
  {
    key: 'medianSeconds',
    sample: 'latency, median',
    value: (step) => step.medianSeconds,
    label: 'latency, median',
    unit: 's',
    rule: ofFile(`median of all requests: ${latency}`, ...times),
  },
  {
    key: 'p95Seconds',
    sample: 'latency, 95th percentile',
    value: (step) => step.p95Seconds,
    label: 'latency, 95th percentile',
    unit: 's',
    rule: ofFile(`95th percentile of all requests: ${latency}`, ...times),
  },
  {
    key: 'growthPercent',
    sample: 'growth of latency',
    value: (step) => step.growthPercent,
    label: 'growth of latency',
    unit: '%',
    rule: ofFile('least-squares slope of the latency over the intended time', ...times),
  },
  {
    key: 'mostUnderWay',
    label: 'most requests under way',
    unit: '',
    rule: ofFile(
      'most requests at once between start and end',
      'steps[].requests[].startedAt',
      'steps[].requests[].endedAt',
    ),
  },
  {
    key: 'latenessSeconds',
    rows: [
      {
        metric: 'lateness of the generator, 95th percentile',
        value: ({ latenessSeconds }) => latenessSeconds?.p95 ?? null,
      },
    ],
    label: 'lateness of the generator',
    unit: 's',
    rule: ofFile(
      'intended start to start, of requests that were not held',
      'steps[].requests[].intendedAt',
      'steps[].requests[].startedAt',
      'steps[].requests[].held',
    ),
  },
  {
    key: 'generatorCpuPercent',
    label: 'CPU of the generator, of one CPU',
    unit: '%',
    rule: ofFile(
      'CPU time of the generator by the time until the last end; 100 = one CPU',
      'steps[].generatorCpuSeconds',
      'steps[].requests[].endedAt',
      'steps[].seconds',
    ),
  },
];

const closed = [
  'userSteps[].requests[].intendedAt',
  'userSteps[].requests[].endedAt',
  'userSteps[].requests[].status',
  'userSteps[].requests[].error',
  'userSteps[].startedAt',
  'userSteps[].seconds',
];
const counted = 'of what ended after the first quarter of the step';
const response = `end of the think time to the end of a whole answer of status 2xx, ${counted}`;

/** Of one number of users in the closed loop of a ladder. */
export const userFigures: readonly Figure<UserStepResult>[] = [
  { key: 'users', label: 'users', unit: '', rule: ofFile('as planned', 'userSteps[].users') },
  {
    key: 'thinkSeconds',
    label: 'think time, mean',
    unit: 's',
    rule: ofFile('as planned', 'userSteps[].thinkSeconds'),
  },
  {
    key: 'requests',
    label: 'requests of users',
    unit: '',
    rule: ofFile(`their number, ${counted}`, ...closed),
    sample: 'requests of users',
    value: (step) => step.requests,
  },
  {
    key: 'failed',
    label: 'requests of users failed',
    unit: '',
    rule: ofFile(`without a whole answer of status 2xx, ${counted}`, ...closed),
    sample: 'requests of users failed',
    value: (step) => step.failed,
  },
  {
    key: 'answeredPerSecond',
    label: 'throughput of users',
    unit: '1/s',
    rule: ofFile(`whole answers of status 2xx by that time, ${counted}`, ...closed),
    sample: 'throughput of users',
    value: (step) => step.answeredPerSecond,
  },
  {
    key: 'meanSeconds',
    label: 'response time, mean',
    unit: 's',
    rule: ofFile(`mean: ${response}`, ...closed),
    sample: 'response time, mean',
    value: (step) => step.meanSeconds,
  },
  {
    key: 'medianSeconds',
    label: 'response time, median',
    unit: 's',
    rule: ofFile(`median: ${response}`, ...closed),
    sample: 'response time, median',
    value: (step) => step.medianSeconds,
  },
  {
    key: 'p95Seconds',
    label: 'response time, 95th percentile',
    unit: 's',
    rule: ofFile(`95th percentile: ${response}`, ...closed),
    sample: 'response time, 95th percentile',
    value: (step) => step.p95Seconds,
  },
];

const bracket = ['steps[].ratePerSecond', ...times];

/** Of an application over its ladders: between which rates it stops keeping up. */
export const bracketFigures: readonly Figure<LadderResult>[] = [
  {
    key: 'keptUpPerSecond',
    sample: 'rate kept up with',
    label: 'highest rate kept up with',
    unit: '1/s',
    rule: ofFile('highest rate kept up with, below any that was not', ...bracket),
    value: (ladder) => ladder.keptUpPerSecond,
  },
  {
    key: 'notKeptUpPerSecond',
    sample: 'rate not kept up with',
    label: 'lowest rate not kept up with',
    unit: '1/s',
    rule: ofFile('lowest rate not kept up with', ...bracket),
    value: (ladder) => ladder.notKeptUpPerSecond,
  },
];

/** The same of a closed loop, where the plan has one. */
export const closedLoopFigures: readonly Figure<LadderResult>[] = [
  {
    key: 'kneeUsers',
    sample: 'users at the knee',
    label: 'users at the knee',
    unit: '',
    rule: ofFile(
      'highest throughput of users by response time of the fewest plus think time: where the asymptotes of the throughput meet',
      'userSteps[].users',
      'userSteps[].thinkSeconds',
      ...closed,
    ),
    value: (ladder) => ladder.kneeUsers ?? null,
  },
];

/** Of ladders with their steps, and of a rate over the ladders that offered it. */
export const loadFigures: readonly NamedFigure[] = [
  ...bracketFigures,
  ...closedLoopFigures,
  ...stepFigures.map((figure): NamedFigure => ({ ...figure, key: `steps ${figure.key}` })),
  ...stepFigures
    .filter(({ key }) => ['answeredPerSecond', 'medianSeconds', 'p95Seconds', 'growthPercent'].includes(key))
    .map((figure): NamedFigure => ({ ...figure, key: `rates ${figure.key}` })),
  ...userFigures.map((figure): NamedFigure => ({ ...figure, key: `userSteps ${figure.key}` })),
  ...userFigures
    .filter(({ key }) => !['requests', 'failed'].includes(key))
    .map((figure): NamedFigure => ({ ...figure, key: `users ${figure.key}` })),
];
