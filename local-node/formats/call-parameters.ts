/** The parameters of a call as Proxmox VE's schema has them: types, limits, words and checks. */
import { callFacts, formatKeys, type ParameterFacts } from '../schema/call-schema';
import type { NodeCalls } from '../schema/call-types-nodes';
import type { OtherCalls } from '../schema/call-types-others';
import { NAMED_FORMATS } from './named-formats';
import { perlPattern } from './perl-pattern';
import type { ParameterSchema, PropertyFormat, ScalarSchema } from './schema';

type Calls = NodeCalls & OtherCalls;
type Name<Call extends keyof Calls> = keyof Calls[Call] & string;
/** The names of a path's {placeholders}, which every route of it honours. */
type PathNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathNames<Rest>
  : never;

/** Texts of several lines: they are encoded where they are written. */
const TEXTS = new Set(['comment', 'comments', 'description', 'data']);

/** The parameters of `call` that a route honours: those of its path and those named, typed as the schema says. */
export function parametersOf<Call extends keyof Calls, Names extends Name<Call> = never>(
  call: Call,
  ...names: readonly Names[]
): Pick<Calls[Call], Names | (PathNames<Call> & Name<Call>)> {
  const inPath = [...call.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  // The types are generated from the very facts that are read here.
  return optionSchemas(call, [...inPath, ...names]) as never;
}

/** The same for names that are no literals: a guest's options. Throws for one that the schema has not. */
export function optionSchemas(call: string, names: readonly string[]): Record<string, ParameterSchema> {
  const [method = '', path = ''] = call.split(' ');
  const known = callFacts(method, path)?.parameters ?? {};
  const schemas = names.map((name) => {
    const facts = known[name];
    if (!facts) throw new Error(`${call} has no parameter ${name}`);
    const schema = parameterSchema(facts);
    return [
      name,
      schema.type === 'string' && TEXTS.has(name) ? { ...schema, controls: 'lines' } : schema,
    ] as const;
  });
  return Object.fromEntries(schemas) as Record<string, ParameterSchema>;
}

export function parameterSchema(facts: ParameterFacts): ParameterSchema {
  if (facts.type !== 'array') return scalarSchema(facts);
  const items = scalarSchema(facts.items ?? {});
  return { type: 'array', items: items.type === 'string' ? items : { type: 'string' }, ...common(facts) };
}

const common = ({ optional, requires }: ParameterFacts) => ({
  ...(optional ? { optional: true } : {}),
  ...(requires === undefined ? {} : { requires }),
});

function scalarSchema(facts: ParameterFacts): ScalarSchema {
  const { type, minimum, maximum, minLength, maxLength, enum: words, pattern, format, keys } = facts;
  const check = format === undefined ? undefined : NAMED_FORMATS[format];
  if (type === 'boolean') return { type, ...common(facts) };
  if (type === 'integer' || type === 'number')
    return { type, minimum, maximum, ...(check ? { format: check } : {}), ...common(facts) };
  return {
    type: 'string',
    ...{ minLength, maxLength, enum: words },
    ...(pattern === undefined ? {} : { pattern: perlPattern(pattern) }),
    ...(keys === undefined ? (check ? { format: check } : {}) : { format: propertyFormat(keys) }),
    ...common(facts),
  };
}

const formats = new Map<string, PropertyFormat>();

/** The keys of a property string, under the name that the schema's file gives them. */
export function propertyFormat(name: string): PropertyFormat {
  const known = formats.get(name);
  if (known) return known;
  const entries = Object.entries(formatKeys(name));
  const own = entries.filter(([, { alias }]) => alias === undefined);
  const others = entries.filter(([, { alias, keyAlias }]) => alias !== undefined && keyAlias === undefined);
  const made: PropertyFormat = {
    defaultKey: own.find(([, { default_key }]) => default_key)?.[0],
    keys: Object.fromEntries(own.map(([key, facts]) => [key, scalarSchema(facts)])),
    aliases: Object.fromEntries(others.map(([key, { alias = '' }]) => [key, alias])),
  };
  formats.set(name, made);
  return made;
}
