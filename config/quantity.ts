/** What is counted; a quantity of one kind is compared with no other. */
export type QuantityKind =
  | 'time'
  | 'memory'
  | 'bytes per time'
  | 'bits per time'
  | 'share'
  | 'rate'
  | 'power'
  | 'number';

export interface QuantityUnit {
  readonly kind: QuantityKind;
  /** What one of it is in the kind's own unit: s, B, B/s, bit/s, %, 1/s, W, 1. */
  readonly factor: number;
}

export interface Quantity {
  readonly kind: QuantityKind;
  /** In the kind's own unit. */
  readonly value: number;
  /** As it was written. */
  readonly text: string;
}

const kib = 1024;

export const quantityUnits: Readonly<Record<string, QuantityUnit>> = {
  s: { kind: 'time', factor: 1 },
  min: { kind: 'time', factor: 60 },
  ms: { kind: 'time', factor: 1e-3 },
  us: { kind: 'time', factor: 1e-6 },
  µs: { kind: 'time', factor: 1e-6 },
  B: { kind: 'memory', factor: 1 },
  KiB: { kind: 'memory', factor: kib },
  MiB: { kind: 'memory', factor: kib ** 2 },
  GiB: { kind: 'memory', factor: kib ** 3 },
  'B/s': { kind: 'bytes per time', factor: 1 },
  'KiB/s': { kind: 'bytes per time', factor: kib },
  'MiB/s': { kind: 'bytes per time', factor: kib ** 2 },
  'GiB/s': { kind: 'bytes per time', factor: kib ** 3 },
  'bit/s': { kind: 'bits per time', factor: 1 },
  'kbit/s': { kind: 'bits per time', factor: 1e3 },
  'Mbit/s': { kind: 'bits per time', factor: 1e6 },
  'Gbit/s': { kind: 'bits per time', factor: 1e9 },
  '%': { kind: 'share', factor: 1 },
  '1/s': { kind: 'rate', factor: 1 },
  'requests/s': { kind: 'rate', factor: 1 },
  mW: { kind: 'power', factor: 1e-3 },
  W: { kind: 'power', factor: 1 },
  '': { kind: 'number', factor: 1 },
};

/** "350 ms", "3.5 GiB", "10 %", or a number alone. Returns what is wrong with it, in words. */
export function parseQuantity(written: string | number): Quantity | string {
  const text = String(written).trim();
  const [, figure, unit = ''] = /^(-?\d+(?:\.\d+)?)\s*(\S*)$/.exec(text) ?? [];
  if (figure === undefined) return `"${text}" is no number with a unit, such as 350 ms`;
  const known = Object.hasOwn(quantityUnits, unit) ? quantityUnits[unit] : undefined;
  if (known === undefined) {
    return `"${unit}" is no unit that is known: ${Object.keys(quantityUnits).filter(Boolean).join(', ')}, or none`;
  }
  return { kind: known.kind, value: Number(figure) * known.factor, text };
}
