import { badParameters } from '../base/api-error';
import type { ParameterValue } from './route';

/**
 * Schemas of parameters in the manner of Proxmox VE, and its wording for each way to be wrong. All parameters are
 * looked at before anything is reported.
 */

interface Common {
  readonly optional?: boolean;
  /** Another parameter that must be given with this one. */
  readonly requires?: string;
}

/** Checks a string; throws an Error whose message says what is wrong with it. */
export type Format = (value: string) => void;

export interface StringSchema extends Common {
  readonly type: 'string';
  readonly enum?: readonly string[];
  readonly pattern?: RegExp;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** A check, or the keys of a property string such as "virtio,bridge=vmbr0". */
  readonly format?: Format | PropertyFormat;
}

export interface NumberSchema extends Common {
  readonly type: 'integer' | 'number';
  readonly minimum?: number;
  readonly maximum?: number;
  /** A check of the value as it was written, for example that it is a vmid. */
  readonly format?: Format;
}

export interface BooleanSchema extends Common {
  readonly type: 'boolean';
}

/** Given once or several times; always a list for the handler. */
export interface ArraySchema extends Common {
  readonly type: 'array';
  readonly items: StringSchema;
}

export type ParameterSchema = StringSchema | NumberSchema | BooleanSchema | ArraySchema;

/** Keys of a property string. `defaultKey` is the one that may be written without its name. */
export interface PropertyFormat {
  readonly defaultKey?: string;
  readonly keys: Readonly<Record<string, ScalarSchema>>;
  /** Other names of a key, such as `volume` for `file`. */
  readonly aliases?: Readonly<Record<string, string>>;
}

export type ScalarSchema = StringSchema | NumberSchema | BooleanSchema;
export type Scalar = string | number | boolean;
/** What came with a request, before any check: strings from a form, JSON values from a JSON body. */
export type RawParameters = Readonly<Record<string, unknown>>;

const UNKNOWN = 'property is not defined in schema and the schema does not allow additional properties';
const MISSING = 'property is missing and it is not optional';

/** Types the parameters as `schemas` say. Throws 400 "Parameter verification failed." with every fault by name. */
export function validate(
  schemas: Readonly<Record<string, ParameterSchema>>,
  raw: RawParameters,
): Record<string, ParameterValue> {
  const errors: Record<string, string> = {};
  const values: Record<string, ParameterValue> = {};
  for (const name of Object.keys(raw)) {
    if (!Object.hasOwn(schemas, name)) errors[name] = UNKNOWN;
  }
  for (const [name, schema] of Object.entries(schemas)) {
    const given = Object.hasOwn(raw, name) ? raw[name] : undefined;
    if (given === undefined || given === null) {
      if (!schema.optional) errors[name] = MISSING;
      continue;
    }
    if (schema.requires && !Object.hasOwn(raw, schema.requires)) {
      errors[schema.requires] ??= `missing property required by '${name}'`;
    }
    try {
      values[name] = schema.type === 'array' ? list(name, schema, given) : scalar(name, schema, given, false);
    } catch (fault) {
      errors[name] = (fault as Error).message;
    }
  }
  if (Object.keys(errors).length > 0) throw badParameters(errors);
  return values;
}

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
      errors[at(key)] = UNKNOWN;
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
  }
  const lines = Object.keys(errors).sort();
  if (lines.length > 0) {
    throw new Error(['format error', ...lines.map((key) => `${key}: ${errors[key]}`)].join('\n'));
  }
  return values;
}

/** Writes what parsePropertyString reads: the default key first and bare, the others in the order of `values`. */
export function printPropertyString(
  format: PropertyFormat,
  values: Readonly<Record<string, Scalar>>,
): string {
  const print = (value: Scalar) => (value === true ? '1' : value === false ? '0' : String(value));
  const parts: string[] = [];
  const bare = format.defaultKey;
  if (bare !== undefined && values[bare] !== undefined) parts.push(print(values[bare]));
  for (const [key, value] of Object.entries(values)) {
    if (key !== bare) parts.push(`${key}=${print(value)}`);
  }
  return parts.join(',');
}

/** The same schema for name0 ... name<count-1>, all optional: net0 to net31. */
export function indexed<T extends ParameterSchema>(
  name: string,
  count: number,
  schema: T,
): Record<string, T> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${name}${index}`, { ...schema, optional: true }]),
  );
}

function list(name: string, schema: ArraySchema, given: unknown): readonly string[] {
  const items = Array.isArray(given) ? given : [given];
  return items.map((item) => String(scalar(name, schema.items, item, false)));
}

function scalar(path: string, schema: ScalarSchema, given: unknown, words: boolean): Scalar {
  // A parameter given twice reaches Proxmox VE as its parts with a NUL between; it fits no type.
  const text = given === true ? '1' : given === false ? '0' : String(given);
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
  checkFormat(schema.format, text);
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
  if (schema.maxLength !== undefined && text.length > schema.maxLength) {
    throw new Error(`value may only be ${schema.maxLength} characters long`);
  }
  if (schema.minLength !== undefined && text.length < schema.minLength) {
    throw new Error(`value must be at least ${schema.minLength} characters long`);
  }
  if (schema.pattern && !schema.pattern.test(text)) throw new Error('value does not match the regex pattern');
  if (typeof schema.format === 'object') {
    const format = schema.format;
    checkFormat((value) => parsePropertyString(format, value, path), text);
  } else {
    checkFormat(schema.format, text);
  }
  if (schema.enum && !schema.enum.includes(text)) {
    throw new Error(`value '${text}' does not have a value in the enumeration '${schema.enum.join(', ')}'`);
  }
  return text;
}

function checkFormat(format: Format | undefined, text: string): void {
  try {
    format?.(text);
  } catch (fault) {
    throw new Error(`invalid format - ${(fault as Error).message}\n`);
  }
}
