import { applicationFigures } from '../../analyse/figures/application-figures';
import { resolutionOf } from '../../analyse/figures/resolution';
import type { ApplicationResult } from '../../analyse/sessions/applications';
import type { Interval } from '../../analyse/statistics/median-interval';
import type { Distribution } from '../../analyse/statistics/statistics';
import type { Messages } from '../language/english/english';
import { say } from '../language/messages';

export const missing = 'not measured';

/** A space at which no line is broken, so that a number keeps its unit. */
const joined = '\u00a0';

/** Three significant digits, thousands in groups, no exponent; the same on every machine whatever its locale. */
export function number(value: number, digits = 3): string {
  // A whole number is a count or exact, and has no digits to add.
  const magnitude = Number.isInteger(value) ? digits : Math.floor(Math.log10(Math.abs(value)));
  return fixed(value, Math.min(9, Math.max(0, digits - 1 - magnitude)));
}

/** With so many decimals, for figures that are shown as somebody else has printed them. */
export function fixed(value: number, decimals: number, unit = ''): string {
  const [whole = '', fraction] = Math.abs(value).toFixed(decimals).split('.');
  const { decimal, group } = say().shared;
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  const digits = fraction === undefined ? grouped : `${grouped}${decimal}${fraction}`;
  // What rounds to 0 has no sign.
  return withUnit(value < 0 && /[1-9]/.test(digits) ? `−${digits}` : digits, unit);
}

/** The number of repetitions, on one line. */
export function repeated(n: number): string {
  return `n${joined}=${joined}${n}`;
}

/** "1 session", "3 sessions". */
export function plural(count: number, noun: keyof Messages['shared']['nouns']): string {
  const [one, several] = say().shared.nouns[noun];
  return `${fixed(count, 0)}${joined}${count === 1 ? one : several}`;
}

export function quantity(value: number | null | undefined, unit: string, digits = 3): string {
  return value === null || value === undefined ? missing : withUnit(number(value, digits), unit);
}

function withUnit(text: string, unit: string): string {
  return unit === '' ? text : `${text}${joined}${unit.replace('requests', say().shared.requests)}`;
}

export interface Scale {
  readonly unit: string;
  /** What one of the unit is in the distribution's own unit. */
  readonly factor: number;
}

export const scales = {
  percent: { unit: '%', factor: 1 },
  mebibytes: { unit: 'MiB', factor: 2 ** 20 },
  gibibytes: { unit: 'GiB', factor: 2 ** 30 },
  kilobits: { unit: 'kbit/s', factor: 1000 },
  megabits: { unit: 'Mbit/s', factor: 1e6 },
  milliseconds: { unit: 'ms', factor: 1 },
  microseconds: { unit: 'µs', factor: 0.001 },
  seconds: { unit: 's', factor: 1 },
  perSecond: { unit: 'requests/s', factor: 1 },
  plain: { unit: '', factor: 1 },
} as const satisfies Record<string, Scale>;

/**
 * Decimals that show two significant digits of an interval's width, as JCGM 100:2008 (GUM), 7.2.6, has it for uncertainties:
 * more would be noise, fewer would make both ends look alike. Null where the interval has no width to decide by.
 */
function decimalsFor(width: number): number | null {
  return width > 0 ? Math.min(9, Math.max(0, 1 - Math.floor(Math.log10(width)))) : null;
}

/** In whole per cent, rounded down: no interval is said to cover more often than it does. */
export function coverage({ coveragePercent }: Pick<Interval, 'coveragePercent'>): string {
  return fixed(Math.floor(coveragePercent + 1e-9), 0, '%');
}

/** Of several intervals: "75 %", "75 to 98 %"; null where there is none. */
export function coverages(of: readonly (Distribution | null)[]): string | null {
  const [first, ...others] = of
    .flatMap((each) => each?.interval ?? [])
    .sort((a, b) => a.coveragePercent - b.coveragePercent)
    .map(coverage);
  const last = others.at(-1) ?? first;
  if (first === undefined || last === undefined) return null;
  return say().shared.range(first === last ? last : first.replace(/\D+$/, ''), last);
}

/**
 * Median with its interval, which decides the digits, the coverage that the interval reaches, and n: "5.95 % [5.87, 6.00], 75 %,
 * n = 3"; without an interval where n is too small for one, and without n where it is `saidN`, which the table says
 * elsewhere.
 */
export function distribution(of: Distribution | null, scale: Scale, saidN?: number): string {
  if (of === null) return missing;
  const n = of.n === saidN ? '' : `, ${repeated(of.n)}`;
  if (of.interval === null) return `${quantity(of.median / scale.factor, scale.unit)}${n}`;
  const { low, high } = of.interval;
  const decimals = decimalsFor((high - low) / scale.factor);
  const figure = (value: number): string =>
    decimals === null ? number(value / scale.factor) : fixed(value / scale.factor, decimals);
  return `${withUnit(figure(of.median), scale.unit)} [${figure(low)}${say().shared.separator}${joined}${figure(high)}], ${coverage(of.interval)}${n}`;
}

/** The median alone, in three digits or the fewer that its interval bears: for sentences, where a table has the interval. */
export function median(of: Distribution, scale: Scale): string {
  const value = of.median / scale.factor;
  const width = of.interval === null ? 0 : (of.interval.high - of.interval.low) / scale.factor;
  const borne = decimalsFor(width);
  const shown = number(value).split(say().shared.decimal)[1]?.length ?? 0;
  return borne === null || borne >= shown ? quantity(value, scale.unit) : fixed(value, borne, scale.unit);
}

/** Microseconds where milliseconds would begin with zeros. The quantity itself is in milliseconds. */
export function timeScale(milliseconds: number): Scale {
  return Math.abs(milliseconds) < 0.1 && milliseconds !== 0 ? scales.microseconds : scales.milliseconds;
}

/**
 * A distribution by an instrument that tells no less than `resolution` apart, in the distribution's own unit: a finer
 * median is said to be below the resolution, never shown as a figure.
 */
export function resolved(
  of: Distribution | null,
  scale: Scale,
  resolution: number | null,
  saidN?: number,
  resolutionScale = scale,
): string {
  if (of === null || resolution === null || of.median >= resolution) return distribution(of, scale, saidN);
  const n = of.n === saidN ? '' : `, ${repeated(of.n)}`;
  return `below resolution (${quantity(resolution / resolutionScale.factor, resolutionScale.unit)})${n}`;
}

type Delay = 'oneWayDelayMs' | 'delayVariationMs' | 'jitterMs' | 'peakJitterMs' | 'ackRoundTripMs';

/** A delay of an application, at the resolution that its figure has. */
export function delayOf(application: ApplicationResult, key: Delay, saidN?: number): string {
  const step = resolutionOf(applicationFigures, key, { clock: application.resolutionMs });
  return delay(application[key], step, saidN);
}

/** A delay, its distribution and the clock's step in milliseconds. */
export function delay(of: Distribution | null, resolution: number | null, saidN?: number): string {
  return of === null
    ? missing
    : resolved(of, timeScale(of.median), resolution, saidN, timeScale(resolution ?? 0));
}

/** A single time, in ms or µs. */
export function milliseconds(value: number | null): string {
  if (value === null) return missing;
  const scale = timeScale(value);
  return quantity(value / scale.factor, scale.unit);
}

/** A label of figures in the language of the report; what has no words there (two labels side by side) stays as it is. */
export function labelText(label: string): string {
  const labels: Readonly<Record<string, string>> = say().shared.labels;
  return labels[label] ?? label;
}

/** How the figures' label is put behind a title. */
export function labelled(title: string, label: string | null): string {
  return label === null ? title : `${title} — ${labelText(label)}`;
}

/** An ISO time to the second: "2026-11-23 03:47:01 UTC". */
export function when(time: string): string {
  const [, date, clock] = /^(\S+)T(\d\d:\d\d:\d\d)\S*$/.exec(time) ?? [];
  return date === undefined || clock === undefined ? time : say().shared.date(date, clock);
}
