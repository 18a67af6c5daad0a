import { ApiError, badParameters } from '../base/api-error';
import { parameterSchema } from '../formats/call-parameters';
import { MISSING, properties, scalar, UNKNOWN } from '../formats/property-string';
import type { ArraySchema, ParameterSchema, ParameterValue } from '../formats/schema';
import { callFacts } from '../schema/call-schema';
import type { Route } from './route';

/** What came with a request, before any check: strings from a form, JSON values from a JSON body. */
export type RawParameters = Readonly<Record<string, unknown>>;

/**
 * The parameters of a call, typed. Throws 400 as Proxmox VE does for what is wrong, and then 501 for what is right and not
 * honoured here: a parameter that Proxmox VE knows and the route does not, or a value of one.
 */
export function readParameters(
  { method, path, parameters: own }: Pick<Route, 'method' | 'path' | 'parameters'>,
  raw: RawParameters,
): Record<string, ParameterValue> {
  const facts = callFacts(method, path)?.parameters ?? {};
  const beyond = Object.keys(raw).filter((name) => {
    if (!Object.hasOwn(facts, name)) return false;
    if (!Object.hasOwn(own, name)) return true;
    return facts[name]?.enum !== undefined && wordsOf(own[name])?.includes(String(raw[name])) === false;
  });
  const theirs = beyond.map((name) => [name, parameterSchema(facts[name] ?? {})] as const);
  const values = validate({ ...own, ...Object.fromEntries(theirs) }, raw);
  if (beyond.length === 0) return values;
  const named = beyond.map((name) => (Object.hasOwn(own, name) ? `${name}=${raw[name]}` : name));
  throw new ApiError(501, `${method} ${path}: not supported by the local node: ${named.join(', ')}`);
}

function wordsOf(schema: ParameterSchema | undefined): readonly string[] | undefined {
  return schema && 'enum' in schema ? schema.enum : undefined;
}

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
      values[name] = parameter(name, schema, given);
    } catch (fault) {
      errors[name] = (fault as Error).message;
    }
  }
  if (Object.keys(errors).length > 0) throw badParameters(errors);
  return values;
}

function parameter(name: string, schema: ParameterSchema, given: unknown): ParameterValue {
  if (schema.type === 'array') return list(name, schema, given);
  return 'parse' in schema ? properties(name, schema, given) : scalar(name, schema, given, false);
}

function list(name: string, schema: ArraySchema, given: unknown): readonly string[] {
  const items = Array.isArray(given) ? given : [given];
  return items.map((item) => String(scalar(name, schema.items, item, false)));
}
