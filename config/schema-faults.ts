import type { z } from 'zod';
import type { Fault, YamlFile } from './yaml-file';

/** The schema's issues in the words of who wrote the file. An object with three unknown keys has three faults. */
export function schemaFaults(issues: readonly z.core.$ZodIssue[], file: YamlFile): readonly Fault[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: 'is not a known key' }));
    }
    return [{ path, message: wordsFor(issue, file.written(path)) }];
  });
}

function wordsFor(issue: z.core.$ZodIssue, written: string | undefined): string {
  if (issue.code === 'invalid_type' || issue.code === 'invalid_value' || issue.code === 'invalid_union') {
    if (issue.input === undefined) return 'is missing';
    if (issue.input === null) return 'has no value';
  }
  switch (issue.code) {
    case 'invalid_type':
      return wrongKind(issue, written);
    case 'invalid_value':
      return `${quoted(issue.input, written)} is none of ${issue.values.map(String).join(', ')}`;
    case 'invalid_key':
      return `cannot be a name here: ${issue.issues.map(({ message }) => message).join('; ')}`;
    case 'too_small':
    case 'too_big':
      return issue.origin === 'array' && issue.message.startsWith('Too ')
        ? `has ${Array.isArray(issue.input) ? issue.input.length : 'another number of'} entries, not ${issue.code === 'too_small' ? issue.minimum : issue.maximum}`
        : issue.message;
    default:
      return issue.message.replace(/^Invalid (input|option): /, '');
  }
}

/** Kinds of values, as the schema names them, and what is said of a value that is of another. */
function wrongKind(
  { expected, input, message }: z.core.$ZodIssueInvalidType,
  written: string | undefined,
): string {
  switch (expected) {
    case 'number':
    case 'int':
      return wrongNumber(input, message, written);
    case 'string':
      return typeof input === 'object'
        ? `must be text, not ${kindOf(input)}`
        : `must be text: write it in quotes, "${written ?? String(input)}"`;
    case 'array':
    case 'tuple':
      return `must be a list ([one, two], or lines that begin with "- "), not ${kindOf(input)}`;
    case 'object':
    case 'record':
      return `must have keys with values (lines "key: value", or { key: value }), not ${kindOf(input)}`;
    default:
      return `must be of another kind (${expected}), not ${kindOf(input)}`;
  }
}

function wrongNumber(input: unknown, message: string, written: string | undefined): string {
  if (typeof input === 'number' && Number.isFinite(input)) return message;
  if (typeof input !== 'string') {
    return `must be a number, not ${typeof input === 'object' ? kindOf(input) : (written ?? String(input))}`;
  }
  if (/^-?\d+(\.\d+)?$/.test(input)) return `is text because of its quotes; write the number alone: ${input}`;
  const rule = message.startsWith('must ') ? `; ${message}` : '';
  return `${quoted(input, written)} is no number${rule}`;
}

function kindOf(input: unknown): string {
  if (Array.isArray(input)) return 'a list';
  if (ArrayBuffer.isView(input)) return 'binary data';
  if (typeof input === 'object') return 'keys with values';
  return typeof input === 'string' ? 'text' : `a ${typeof input}`;
}

function quoted(input: unknown, written: string | undefined): string {
  return typeof input === 'string' ? `"${input}"` : (written ?? kindOf(input));
}
