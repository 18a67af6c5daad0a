/** What a run says of several intervals against 0. All texts are counts or ready numbers with their units. */
export interface StepVerdict {
  readonly steps: number;
  readonly above: number;
  readonly below: number;
  readonly unclear: number;
  /** Of the intervals; null = there is none. */
  readonly coverage: string | null;
}

/** A quantity over the levels, and what each step adds. */
export interface Steps {
  /** Of the lowest and of the highest level. */
  readonly first: string;
  readonly last: string;
  readonly firstLevel: number;
  readonly lastLevel: number;
  /** Null = no two levels were visited in one block. */
  readonly added: {
    readonly range: string;
    /** Some step is below 0. */
    readonly falls: boolean;
    /** Every step adds one guest. */
    readonly byOne: boolean;
    readonly n: string;
  } | null;
  readonly paper: string | null;
  readonly verdict: StepVerdict;
}

const running = (level: number): string =>
  level === 0 ? 'none running' : `${level} running ${level === 1 ? 'guest' : 'guests'}`;

function steps({ added, paper, verdict }: Steps, of: string): string {
  if (added === null) return '';
  const change = `${added.byOne ? 'Each further guest' : 'Each step between levels'} ${added.falls ? 'changed it by' : 'added'}`;
  const beside = paper === null ? '' : `; the paper’s single readings: ${paper}`;
  return ` ${change} ${added.range}${of} (medians of differences within blocks, ${added.n}${beside}). ${stepVerdict(verdict)}`;
}

function stepVerdict({ steps, above, below, unclear, coverage }: StepVerdict): string {
  const unknown = steps - above - below - unclear;
  if (coverage === null) return 'So few blocks give no interval: no step is shown to be more than chance.';
  const all = steps === 1 ? 'The interval of the step lies' : `The intervals of all ${steps} steps lie`;
  if (above === steps) return `${all} above 0 (coverage ${coverage}).`;
  if (below === steps) return `${all} below 0 (coverage ${coverage}).`;
  const parts = [
    ...(above > 0 ? [`above 0 in ${above}`] : []),
    ...(below > 0 ? [`below 0 in ${below}`] : []),
    ...(unclear > 0 ? [`hold 0 in ${unclear}, where no difference is shown`] : []),
    ...(unknown > 0 ? [`are missing in ${unknown}`] : []),
  ];
  return `Of ${steps} ${steps === 1 ? 'step' : 'steps'}, intervals are ${parts.join(', ')} (coverage ${coverage}).`.replace(
    /intervals are (hold|are)/,
    'intervals $1',
  );
}

/** The sentences of the first page. They say what was measured and what is not shown, never why. */
export const findings = {
  names: {
    memory: 'Memory',
    cpu: 'CPU',
    starting: 'Starting',
    pages: 'Pages',
    packets: 'Packets',
    throughput: 'Throughput',
    load: 'Load',
    benchmarks: 'Benchmarks',
  },
  memoryOfOne: (value: string, level: number) => `the node used ${value} with ${running(level)}.`,
  memory: (of: Steps) =>
    `the node used ${of.last} with ${running(of.lastLevel)} and ${of.first} with ${running(of.firstLevel)}.${steps(of, '')}`,
  cpuOfOne: (value: string, level: number) =>
    `the node’s CPUs were busy for ${value} of the time with ${running(level)}.`,
  cpu: (of: Steps) =>
    `the node’s CPUs were busy for ${of.last} of the time with ${running(of.lastLevel)} and ${of.first} with ${running(of.firstLevel)}.${steps(of, ' percentage points')}`,
  starting: (range: string, n: string) =>
    `from its start until its application answered a guest took ${range} (medians, ${n}).`,
  page: (guest: string, time: string, n: string) =>
    `a page of ${guest}, with all that it loads, took ${time} (median, ${n}).`,
  pages: (fast: string, fastTime: string, slow: string, slowTime: string, n: string) =>
    `with all that it loads a page took ${fastTime} (${fast}) to ${slowTime} (${slow}), medians, ${n}.`,
  overlap: {
    none: 'So few sessions give no interval: a difference between the two is not shown.',
    apart: (coverage: string) => `The intervals of these two do not overlap (coverage ${coverage}).`,
    overlap: (coverage: string) =>
      `The intervals of these two overlap (coverage ${coverage}): a difference is not shown.`,
  },
  lossUnknown: 'packet loss is not known.',
  noLoss: (followed: string, bound: string) =>
    `none of ${followed} followed was lost; were losses independent, their rate would be below ${bound} (95\u00a0% confidence).`,
  loss: (lost: string, followed: string, percent: string) =>
    `of ${followed} followed ${lost} lost (${percent}).`,
  lossKnownFor: (known: number, all: number) => ` Loss is known for ${known} of ${all} applications.`,
  delays: (delay: string, jitter: string) =>
    ` One-way delay ${delay}, jitter ${jitter} (medians by application); the paper says 0 of all three, which its method could not tell.`,
  throughput: (range: string, n: string, paper: string | null) =>
    `${range} in both directions (medians by application, ${n})${paper === null ? '' : `; the paper: ${paper}`}. Readers’ pauses are in it: it is what was asked for, and ranks neither network nor application.`,
  load: {
    missing: (reason: string) => `took no part: its application is not installed (${reason})`,
    noLadder: 'has no ladder without a fault',
    of: (count: string, ladders: string) => ` in ${count} of ${ladders}`,
    below: (first: string, of: string) => `did not keep up even with the first rate, ${first}${of}`,
    above: (last: string, of: string) =>
      `kept up with every rate offered, up to ${last}${of}: where it stops lies beyond`,
    between: (kept: string, not: string, ladders: string, single: boolean) =>
      `kept up with ${kept} and no longer with ${not} (${single ? 'one ladder' : `medians of ${ladders}`})`,
  },
  benchmarks: (name: string, range: string, n: string) =>
    `${name}: a guest reached ${range} of the node itself (medians of ratios within trials, ${n}; 1 = nothing is lost).`,
};
