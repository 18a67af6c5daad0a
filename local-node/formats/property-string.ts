import { hasControls, hasControlsBesideLines } from './control-characters';
import type {
  NumberSchema,
  PropertyFormat,
  PropertySchema,
  PropertyValues,
  Scalar,
  ScalarSchema,
  StringSchema,
} from './schema';

export const UNKNOWN =
  'property is not defined in schema and the schema does not allow additional properties';
const NOT_SUPPORTED = 'not supported by the local node';
export const MISSING = 'property is missing and it is not optional';

/**
 * Reads a property string such as "virtio=BC:24:11:00:00:01,bridge=vmbr0". `path` names it in errors. Throws an Error
 * "format error" with one line for each fault.
 */
export function parsePropertyString(format: PropertyFormat, text: string, path = ''): Record<string, Scalar> {
  const errors: Record<string, string> = {};
  const at = (key: string) => (path ? `${path}.${key}` : key);
  const values: Record<string, Scalar> = {};
  for (const part of text.split(',')) {
    if (part.trim() === '') continue;
    const equals = part.indexOf('=');
    const name = equals < 0 ? format.defaultKey : part.slice(0, equals);
    if (name === undefined) {
      throw new Error('value without key, but schema does not define a default key');
    }
    const key = format.aliases?.[name] ?? name;
    const schema = Object.hasOwn(format.keys, key) ? format.keys[key] : undefined;
    if (Object.hasOwn(values, key)) throw new Error(`duplicate key in comma-separated list property: ${key}`);
    if (!schema) {
      errors[at(key)] = format.refused?.includes(key) ? NOT_SUPPORTED : UNKNOWN;
      continue;
    }
    try {
      values[key] = scalar(at(key), schema, part.slice(equals + 1), true);
    } catch (fault) {
      errors[at(key)] = (fault as Error).message.trimEnd();
    }
  }
  for (const [key, schema] of Object.entries(format.keys)) {
    if (!schema.optional && !(key in values) && !(at(key) in errors)) errors[at(key)] = MISSING;
    const { requires } = schema;
    if (requires && key in values && !(requires in values)) {
      errors[at(requires)] ??= `missing property required by '${at(key)}'`;
    }
  }
  const lines = Object.keys(errors).sort();
  if (lines.length > 0) {
    throw new Error(['format error', ...lines.map((key) => `${key}: ${errors[key]}`)].join('\n'));
  }
  return values;
}

/** Types one value as its schema says. Throws an Error whose message says what is wrong with it, in Proxmox VE's words. */
export function scalar(path: string, schema: ScalarSchema, given: unknown, words: boolean): Scalar {
  // A parameter given twice reaches Proxmox VE as its parts with a NUL between; it fits no type.
  const text = typeof given === 'boolean' ? printScalar(given) : String(given);
  switch (schema.type) {
    case 'boolean':
      return boolean(text, words);
    case 'integer':
    case 'number':
      return number(schema, text);
    case 'string':
      return string(path, schema, text);
  }
}

/** A value of a property string as Proxmox VE writes it: booleans are 1 and 0. */
export function printScalar(value: Scalar): string {
  return value === true ? '1' : value === false ? '0' : String(value);
}

/** `key=value` for each property that is there, by key. */
export function printProperties(values: PropertyValues): string[] {
  return Object.entries(values)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${printScalar(value)}`]));
}

/** The parts of a parameter that is a property string. Throws as `scalar` does. */
export function properties(path: string, schema: PropertySchema, given: unknown): PropertyValues {
  return formatted(() => schema.parse(String(given), path));
}

function typeFault(type: string, text: string): Error {
  return new Error(`type check ('${type}') failed - got '${text}'`);
}

/** `words`: inside property strings Proxmox VE also takes on, yes, true and their opposites. */
function boolean(text: string, words: boolean): boolean {
  if (text === '1' || (words && /^(on|yes|true)$/i.test(text))) return true;
  if (text === '0' || (words && /^(off|no|false)$/i.test(text))) return false;
  throw typeFault('boolean', text);
}

function number(schema: NumberSchema, text: string): number {
  const shape = schema.type === 'integer' ? /^[+-]?\d+$/ : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  if (!shape.test(text)) throw typeFault(schema.type, text);
  formatted(() => schema.format?.(text));
  const value = Number(text);
  if (schema.minimum !== undefined && value < schema.minimum) {
    throw new Error(`value must have a minimum value of ${schema.minimum}`);
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    throw new Error(`value must have a maximum value of ${schema.maximum}`);
  }
  return value;
}

function string(path: string, schema: StringSchema, text: string): string {
  const { format } = schema;
  formatted(() => (typeof format === 'object' ? parsePropertyString(format, text, path) : format?.(text)));
  if (schema.maxLength !== undefined && text.length > schema.maxLength) {
    throw new Error(`value may only be ${schema.maxLength} characters long`);
  }
  if (schema.minLength !== undefined && text.length < schema.minLength) {
    throw new Error(`value must be at least ${schema.minLength} characters long`);
  }
  if (schema.pattern && !schema.pattern.test(text)) throw new Error('value does not match the regex pattern');
  if (schema.enum && !schema.enum.includes(text)) {
    throw new Error(`value '${text}' does not have a value in the enumeration '${schema.enum.join(', ')}'`);
  }
  const refused = schema.controls === 'lines' ? hasControlsBesideLines : hasControls;
  if (schema.controls !== 'any' && refused(text)) throw new Error('value contains control characters');
  return text;
}

function formatted<T>(read: () => T): T {
  try {
    return read();
  } catch (fault) {
    throw new Error(`invalid format - ${(fault as Error).message}\n`);
  }
}
