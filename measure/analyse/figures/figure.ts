import type { Leaf } from './leaves';
import type { Resolution } from './resolution';

export type Unit = '%' | 'B' | 'B/s' | 'bit/s' | '1/s' | 'ms' | 's' | 'W' | '';

/** How one repetition's value is made from its raw files. */
export interface Rule {
  readonly how: string;
  /** Fields of the visit's file, of session.json or of the ladder's file. */
  readonly fields: readonly string[];
  /** Captures of the session that it is made from. */
  readonly captures: readonly ('client.pcap' | 'server.pcap')[];
}

/** What is repeated, each time giving one value. */
export type Repetition = 'visit' | 'block' | 'power change' | 'session' | 'ladder' | 'trial';

/** A row of samples.csv for each part of a repetition: a single sample, a direction, a page, a step. */
export interface PartRow<Part> {
  readonly metric: string;
  /** @default the figure's */
  readonly unit?: Unit;
  /** Null = not measured. */
  readonly value: (part: Part) => number | null;
}

/**
 * One figure, declared once: results, comparison, trace, the reference in docs/ and the samples take its name, unit, rule
 * and value from here. `Of` is the result of one repetition: a visit, a session, a ladder; `Part` is what its rows in
 * samples.csv are of.
 */
export interface Figure<Of = never, Part = Of> {
  /** Its place in a result, as words, without the items of lists: `guests cpuPercent`. */
  readonly key: string;
  readonly label: string;
  readonly unit: Unit;
  /** Parts, by name or index, whose unit or label differ from the figure's. */
  readonly parts?: Readonly<Record<string, { readonly unit?: Unit; readonly label?: string }>>;
  readonly rule: Rule;
  /** @default that of its kind in the catalogue */
  readonly repetition?: Repetition;
  /** What one repetition gives; null = not measured. Absent where the figure is that of the repetition itself. */
  readonly value?: (of: Of) => number | null;
  /** Name of its row in samples.csv, one for each repetition; absent = it has none. */
  readonly sample?: string;
  /** Its rows in samples.csv for each part. */
  readonly rows?: readonly PartRow<Part>[];
  /** The finest difference that the instrument can show; absent = it is finer than any digit shown. */
  readonly resolution?: Resolution;
  /** How the figure of an application is made from its repetitions. @default median */
  readonly statistic?: 'sum' | 'largest' | 'smallest';
}

/** A figure without the functions that compute it: all that names, units and traces need. */
export type NamedFigure = Omit<Figure, 'value' | 'rows'>;

export const ofFile = (how: string, ...fields: readonly string[]): Rule => ({ how, fields, captures: [] });

export const atClient = (how: string, ...fields: readonly string[]): Rule => ({
  how,
  fields: ['serverAddress', 'serverPort', ...fields],
  captures: ['client.pcap'],
});

export const atBothEnds = (how: string, ...fields: readonly string[]): Rule => ({
  how,
  fields: ['serverAddress', 'serverPort', 'sharedClock', ...fields],
  captures: ['client.pcap', 'server.pcap'],
});

/** The figure with the longest key that these words begin with; undefined = no figure. */
function findFigure(figures: readonly NamedFigure[], words: readonly string[]): NamedFigure | undefined {
  for (let length = words.length; length > 0; length--) {
    const key = words.slice(0, length).join(' ');
    const found = figures.find((figure) => figure.key === key);
    if (found) return found;
  }
  return undefined;
}

/** The figure of a value inside a result. `prefix`: where the result stands in the catalogue, if it is a part there. */
export function figureAt(
  figures: readonly NamedFigure[],
  { path, keys }: Pick<Leaf<unknown>, 'path' | 'keys'>,
  prefix: readonly string[] = [],
): NamedFigure | undefined {
  // An item of a list may be a figure of its own: `pagesByClass 0`.
  const found =
    findFigure(figures, [...prefix, ...path.slice(1)]) ?? findFigure(figures, [...prefix, ...keys]);
  return found && { ...found, key: found.key.split(' ').slice(prefix.length).join(' ') };
}

export interface NamedLeaf {
  /** Where it stands, with names in place of indices: `levels/level 2/cpuPercent`. */
  readonly path: string;
  /** The level, the application, the visit, the session or the ladder. */
  readonly group: string;
  readonly name: string;
  readonly unit: Unit;
}

/**
 * What a value inside a result is called, and its unit. The first part of its path is the group. `wordpress: resident
 * memory` for an item of a list, `one-way delay p95` for a part of a figure.
 */
export function nameLeaf(
  { path, keys }: Pick<Leaf<unknown>, 'path' | 'keys'>,
  figure: NamedFigure,
): NamedLeaf {
  const [group = '', ...inside] = path;
  const own = figure.key.split(' ');
  const parts = keys.slice(own.length);
  const items = inside.filter((step) => ![...own, ...parts].includes(step));
  const declared = [...parts, ...items].find((part) => figure.parts?.[part] !== undefined);
  const part = declared === undefined ? undefined : figure.parts?.[declared];
  const plain = (each: string): boolean => part?.label === undefined || each !== declared;
  const name = [part?.label ?? figure.label, ...parts.filter(plain).map(words)].join(' ');
  const of = items.filter(plain).join(', ');
  const unit = parts[parts.length - 1] === 'samples' ? '' : (part?.unit ?? figure.unit);
  return { path: path.join('/'), group, name: of === '' ? name : `${of}: ${name}`, unit };
}

/** `capturedBytes` as people write it. */
function words(key: string): string {
  return key.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}
