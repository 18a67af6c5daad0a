import { z } from 'zod';
import { nearNames } from './near-names';
import { parseQuantity, type Quantity, type QuantityKind, quantityUnits } from './quantity';
import { readText } from './read-text';
import { schemaFaults } from './schema-faults';
import { type Fault, YamlFile } from './yaml-file';

const quantity = z.union([z.string(), z.number()]);

/** The kinds of limits, in the order in which an entry's are checked. */
const limitKinds = ['atMost', 'atLeast', 'growsAtMost', 'shrinksAtMost'] as const;
export type LimitKind = (typeof limitKinds)[number];

const limit = z.strictObject({
  figure: z.string(),
  atMost: quantity.optional(),
  atLeast: quantity.optional(),
  growsAtMost: quantity.optional(),
  shrinksAtMost: quantity.optional(),
});
const budgetSchema = z.strictObject({ limits: z.array(limit).min(1) });

/** One limit on one figure. */
export interface Limit {
  /** Path of the figure, as `npm run trace` names it. */
  readonly figure: string;
  readonly kind: LimitKind;
  /** Of growing and shrinking: percent of the first run's. */
  readonly quantity: Quantity;
}

/** What may be limited: the path of each figure, and its unit as figures have it. */
export type KnownFigures = ReadonlyMap<string, { readonly unit: string; readonly name: string }>;

/** Reads limits on figures. Throws FaultyFileError with every fault, unknown figures among them. */
export function readBudget(file: string, figures: KnownFigures): readonly Limit[] {
  return parseBudget(readText(file, 'the budget (--budget)'), file, figures);
}

export function parseBudget(source: string, file: string, figures: KnownFigures): readonly Limit[] {
  const yaml = new YamlFile(source, file);
  const checked = budgetSchema.safeParse(yaml.value, { reportInput: true });
  const ofFields = schemaFaults(checked.error?.issues ?? [], yaml);
  const entries = entriesOf(yaml.value);
  const read = entries.map((entry, index) => readEntry(entry, ['limits', index], figures));
  const known = new Set(ofFields.map(({ path }) => path.join('.')));
  const faults = [
    ...ofFields,
    ...read.flatMap((each) => each.faults).filter(({ path }) => !known.has(path.join('.'))),
  ];
  if (faults.length > 0) throw yaml.faulty(faults);
  return read.flatMap(({ limits }) => limits);
}

/** What looks like an entry, also in a file that has faults elsewhere. */
function entriesOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  const limits = (value as { limits?: unknown } | null | undefined)?.limits;
  return Array.isArray(limits)
    ? limits.map((entry) => (typeof entry === 'object' && entry !== null ? entry : {}))
    : [];
}

interface ReadEntry {
  readonly limits: readonly Limit[];
  readonly faults: readonly Fault[];
}

function readEntry(
  entry: Readonly<Record<string, unknown>>,
  path: readonly (string | number)[],
  figures: KnownFigures,
): ReadEntry {
  const { figure } = entry;
  if (typeof figure !== 'string') return { limits: [], faults: [] }; // the schema says so
  const limits: Limit[] = [];
  const faults: Fault[] = [];
  const known = figures.get(figure);
  if (known === undefined)
    faults.push({ path: [...path, 'figure'], message: unknownFigure(figure, figures) });
  const given = limitKinds.filter((kind) => entry[kind] !== undefined);
  if (given.length === 0) faults.push({ path, message: `has no limit: give ${limitKinds.join(', ')}` });
  for (const kind of given) {
    const written = entry[kind];
    if (typeof written !== 'string' && typeof written !== 'number') continue;
    const fault = (message: string) => faults.push({ path: [...path, kind], message });
    const parsed = parseQuantity(written);
    if (typeof parsed === 'string') {
      fault(parsed);
      continue;
    }
    const wanted = wantedKind(kind, known?.unit);
    if (wanted !== undefined && parsed.kind !== wanted) fault(`${parsed.text} must be ${examples[wanted]}`);
    else if (isOfChange(kind) && parsed.value < 0) fault(`${parsed.text} is below 0`);
    else limits.push({ figure, kind, quantity: parsed });
  }
  return { limits, faults };
}

/** Whether a limit is on the change against the first run. */
export function isOfChange(kind: LimitKind): boolean {
  return kind === 'growsAtMost' || kind === 'shrinksAtMost';
}

function wantedKind(kind: LimitKind, unit: string | undefined): QuantityKind | undefined {
  if (isOfChange(kind)) return 'share';
  return unit === undefined ? undefined : quantityUnits[unit]?.kind;
}

const examples: Readonly<Record<QuantityKind, string>> = {
  time: 'a time, such as 350 ms or 2 s',
  memory: 'an amount of memory, such as 512 MiB',
  'bytes per time': 'a rate of bytes, such as 20 MiB/s',
  'bits per time': 'a rate of bits, such as 4 Mbit/s',
  share: 'per cent, such as 10 %',
  rate: 'a rate, such as 2 requests/s',
  power: 'a power, such as 12 W',
  number: 'a number without a unit',
};

function unknownFigure(figure: string, figures: KnownFigures): string {
  const byName = [...figures].filter(([, { name }]) => name === figure.toLowerCase()).map(([path]) => path);
  const near = byName.length > 0 ? byName.slice(0, 3) : nearNames(figure, figures.keys());
  const hint =
    near.length > 0 ? `did you mean ${near.join(', ')}?` : 'npm run trace -- RUN lists all of them';
  return `"${figure}" is no figure of these runs; ${hint}`;
}
