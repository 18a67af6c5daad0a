import type { Distribution } from '../statistics/statistics';

export interface ClassRow {
  readonly quantity: 'delay' | 'jitter' | 'loss' | 'throughput';
  readonly unit: 'ms' | '%';
  /** Limits of classes 4, 3, 2, 1, best first. */
  readonly limits: readonly [number, number, number, number];
  readonly higherIsBetter: boolean;
}

/**
 * TIPHON as the paper's field uses it (after ETSI TR 101 329). A value on a limit belongs to the better class. What is worse than
 * the last limit has no class in the table and is called poor as well. TR 101 329 is about telephony; the throughput row is a
 * convention of the field, and "jitter 0" for the best class can only be met by a clock too coarse to see any.
 */
export const tiphon: readonly ClassRow[] = [
  { quantity: 'delay', unit: 'ms', limits: [150, 300, 450, Number.POSITIVE_INFINITY], higherIsBetter: false },
  { quantity: 'jitter', unit: 'ms', limits: [0, 75, 125, 225], higherIsBetter: false },
  { quantity: 'loss', unit: '%', limits: [0, 3, 15, 25], higherIsBetter: false },
  { quantity: 'throughput', unit: '%', limits: [100, 75, 50, 25], higherIsBetter: true },
];

export const tiphonNames = { 4: 'very good', 3: 'good', 2: 'fair', 1: 'poor' } as const;
export type TiphonClass = keyof typeof tiphonNames;

/** A limit is met or not; `crosses` where the interval of the median has the limit inside, so that more sessions could change the verdict. */
export interface Verdict {
  readonly standard: 'TIPHON' | 'Y.1541 class 0' | 'Y.1541 class 1' | 'G.1010';
  readonly quantity: string;
  readonly value: number | null;
  readonly unit: string;
  readonly verdict: string;
  readonly crosses: boolean;
}

const ends = ({ interval }: Distribution): readonly number[] =>
  interval === null ? [] : [interval.low, interval.high];

function classOf(row: ClassRow, value: number): TiphonClass {
  const meets = (limit: number): boolean => (row.higherIsBetter ? value >= limit : value <= limit);
  const [veryGood, good, fair] = row.limits;
  if (meets(veryGood)) return 4;
  if (meets(good)) return 3;
  return meets(fair) ? 2 : 1;
}

/** The class of the median; null = the quantity is not known, which is no class. */
export function tiphonVerdict(quantity: ClassRow['quantity'], measured: Distribution | null): Verdict {
  const row = tiphon.find((candidate) => candidate.quantity === quantity);
  if (row === undefined) throw new RangeError(`TIPHON has no row for ${quantity}`);
  const base = { standard: 'TIPHON', quantity, unit: row.unit } as const;
  if (measured === null) return { ...base, value: null, verdict: 'unknown', crosses: false };
  const level = classOf(row, measured.median);
  return {
    ...base,
    value: measured.median,
    verdict: `${level} ${tiphonNames[level]}`,
    crosses: ends(measured).some((end) => classOf(row, end) !== level),
  };
}

/** ITU-T Y.1541 (12/2011), table 1: mean transfer delay, delay variation (1 − 10⁻³ quantile less minimum), loss ratio; at most these. */
export const y1541 = [
  { name: 'Y.1541 class 0', delayMs: 100, variationMs: 50, lossPercent: 0.1 },
  { name: 'Y.1541 class 1', delayMs: 400, variationMs: 50, lossPercent: 0.1 },
] as const;

/** ITU-T G.1010 (11/2001), table I.2, web browsing per page: preferred below 2 s, acceptable below 4 s. */
export const g1010PageSeconds = { preferred: 2, acceptable: 4 } as const;

export function limitVerdict(
  standard: Verdict['standard'],
  quantity: string,
  unit: string,
  measured: Distribution | null,
  limit: number,
): Verdict {
  if (measured === null) return { standard, quantity, value: null, unit, verdict: 'unknown', crosses: false };
  const met = measured.median <= limit;
  return {
    standard,
    quantity,
    value: measured.median,
    unit,
    verdict: `${met ? 'met' : 'not met'} (at most ${limit} ${unit})`,
    crosses: ends(measured).some((end) => end <= limit !== met),
  };
}

export function pageVerdict(seconds: Distribution | null): Verdict {
  const base = { standard: 'G.1010', quantity: 'page load time', unit: 's' } as const;
  if (seconds === null) return { ...base, value: null, verdict: 'unknown', crosses: false };
  const name = (value: number): string =>
    value < g1010PageSeconds.preferred
      ? 'preferred (below 2 s)'
      : value < g1010PageSeconds.acceptable
        ? 'acceptable (below 4 s)'
        : 'not acceptable (4 s or more)';
  const verdict = name(seconds.median);
  return {
    ...base,
    value: seconds.median,
    verdict,
    crosses: ends(seconds).some((end) => name(end) !== verdict),
  };
}
