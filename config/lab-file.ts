import { readFileSync } from 'node:fs';
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { InputError } from './input-error';
import type { Lab, LabFile } from './lab';
import { crossFieldFaults, type Fault } from './lab-rules';
import { labSchema } from './lab-schema';

/** A fault with its place in the file; line and column count from 1. */
export interface PlacedFault {
  readonly line: number;
  readonly column: number;
  /** For example guests[1].address; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** All that is wrong with lab.yaml, at once. */
export class LabFileError extends InputError {
  override readonly name = 'LabFileError';
  constructor(
    readonly file: string,
    readonly faults: readonly PlacedFault[],
  ) {
    const lines = faults.map(
      ({ line, column, path, message }) =>
        `  ${file}:${line}:${column}  ${path}${path ? ': ' : ''}${message}`,
    );
    const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
    super(`${file} has ${count}; nothing was done\n${lines.join('\n')}`);
  }
}

/**
 * Reads, checks and freezes the experiment. Throws LabFileError with every fault, or an InputError where the file
 * cannot be read. `nodeName` replaces node.name.
 */
export function readLab(file: string, nodeName?: string): Lab {
  let source: string;
  try {
    source = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`cannot read the experiment ${file} (LAB_FILE): ${(error as Error).message}`, {
      cause: error,
    });
  }
  return parseLab(source, file, nodeName);
}

export function parseLab(source: string, file: string, nodeName?: string): Lab {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  if (document.errors.length > 0) {
    throw new LabFileError(
      file,
      document.errors.map((error) => {
        const place = lines.linePos(error.pos[0]);
        return { line: place.line, column: place.col, path: '', message: firstLine(error.message) };
      }),
    );
  }
  const written: unknown = document.toJS();
  const checked = labSchema.safeParse(written, { reportInput: true });
  const faults = [...(checked.error?.issues ?? []).flatMap(schemaFaults), ...crossFieldFaults(written)];
  if (!checked.success || faults.length > 0) {
    const placed = faults.map((fault) => place(fault, document, lines));
    throw new LabFileError(
      file,
      placed.sort((one, two) => one.line - two.line || one.column - two.column),
    );
  }
  return freeze(toLab(checked.data, nodeName));
}

function toLab(file: LabFile, nodeName?: string): Lab {
  const { node, guests, ...rest } = file;
  const { name, ...settings } = node;
  return {
    ...rest,
    nodeName: nodeName ?? name,
    node: settings,
    guests: guests.map((guest) => ({ ...guest, image: guest.image ?? '' })),
  };
}

/** One issue of zod as faults; an object with three unknown keys has three. */
function schemaFaults(issue: z.core.$ZodIssue): readonly Fault[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'is not a known key' }));
  }
  if (issue.code === 'invalid_type' && issue.input === undefined) {
    return [{ path, message: 'is missing' }];
  }
  return [{ path, message: issue.message.replace(/^Invalid (input|option): /, '') }];
}

/** Where the fault stands: the value, the key of a map or list, and for what is missing that which should hold it. */
function place(fault: Fault, document: Document.Parsed, lines: LineCounter): PlacedFault {
  const path = pathText(fault.path);
  for (let depth = fault.path.length; depth >= 0; depth -= 1) {
    const offset = offsetOf(document, fault.path.slice(0, depth));
    if (offset === undefined) continue;
    const { line, col } = lines.linePos(offset);
    return { line, column: col, path, message: fault.message };
  }
  return { line: 1, column: 1, path, message: fault.message };
}

function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number | undefined {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  if (isNode(node) && isScalar(node)) return node.range?.[0];
  // A map or list begins on the line below its key; the key is where one looks.
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find(
      (item) => isPair(item) && isScalar(item.key) && item.key.value === path.at(-1),
    );
    if (pair && isScalar(pair.key)) return pair.key.range?.[0];
  }
  return isNode(node) ? node.range?.[0] : undefined;
}

function pathText(path: readonly (string | number)[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${key}`))
    .join('');
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).replace(/ at line \d+, column \d+:?$/, '');
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}
