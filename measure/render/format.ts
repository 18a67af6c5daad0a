import type { Distribution } from '../analyse/statistics';

export const missing = 'not measured';

/** A space at which no line is broken, so that a number keeps its unit. */
const joined = '\u00a0';

/** Three significant digits, thousands in groups, no exponent; the same on every machine whatever its locale. */
export function number(value: number, digits = 3): string {
  // A whole number is a count or exact, and has no digits to add.
  const magnitude = Number.isInteger(value) ? digits : Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.min(9, Math.max(0, digits - 1 - magnitude));
  const [whole = '', fraction] = value.toFixed(decimals).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

export function quantity(value: number | null | undefined, unit: string, digits = 3): string {
  return value === null || value === undefined ? missing : withUnit(number(value, digits), unit);
}

function withUnit(text: string, unit: string): string {
  return unit === '' ? text : `${text}${joined}${unit}`;
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
  seconds: { unit: 's', factor: 1 },
  plain: { unit: '', factor: 1 },
} as const satisfies Record<string, Scale>;

/** Median with its 95 % interval and n: "5.95 % [5.87, 6.00], n = 3"; without an interval where n is too small for one. */
export function distribution(of: Distribution | null, scale: Scale): string {
  if (of === null) return missing;
  const median = quantity(of.median / scale.factor, scale.unit);
  if (of.interval === null) return `${median}, n${joined}=${joined}${of.n}`;
  const [low, high] = of.interval;
  return `${median} [${number(low / scale.factor)},${joined}${number(high / scale.factor)}], n${joined}=${joined}${of.n}`;
}

/** As `distribution`, but a median finer than the clock's step is said to be below the resolution, never shown as a figure. */
export function resolved(of: Distribution | null, scale: Scale, resolution: number | null): string {
  if (of !== null && resolution !== null && of.median < resolution) {
    return `below resolution (${quantity(resolution / scale.factor, scale.unit)}), n${joined}=${joined}${of.n}`;
  }
  return distribution(of, scale);
}

/** How the figures' label is put behind a title. */
export function labelled(title: string, label: string | null): string {
  return label === null ? title : `${title} — ${label}`;
}
