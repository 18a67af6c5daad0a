import data from './proxmox-ve-9.1.json';

/** What Proxmox VE's schema says of a parameter, or of a key of a property string. */
export interface ParameterFacts {
  readonly type?: 'string' | 'boolean' | 'integer' | 'number' | 'array' | 'object';
  readonly optional?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly enum?: readonly string[];
  /** A regular expression of Perl. */
  readonly pattern?: string;
  readonly requires?: string;
  /** The name of a check. */
  readonly format?: string;
  /** The name of the keys of a property string. */
  readonly keys?: string;
  readonly items?: ParameterFacts;
  /** Of a key: another name of that one. */
  readonly alias?: string;
  /** Of a key: it may be written without its name. */
  readonly default_key?: number;
  /** Of a key that is a value of that one: `virtio=MAC`. */
  readonly keyAlias?: string;
}

export interface Returned {
  readonly type?: string;
  /** The type of an array's items. */
  readonly items?: string;
  /** Of an object, or of the objects of an array: types by name, with ? where they may be missing. */
  readonly columns?: Readonly<Record<string, string>>;
  /** The column that a path goes on with. */
  readonly link?: string;
}

export interface CallFacts {
  readonly parameters: Readonly<Record<string, ParameterFacts>>;
  readonly permission?: {
    readonly path: string;
    readonly privileges: readonly string[];
    readonly any: boolean;
  };
  readonly returns: Returned;
}

const CALLS = data.calls as Readonly<Record<string, unknown>> as Readonly<Record<string, CallFacts>>;
const expanded = new Map<string, CallFacts>();

/** Every call of Proxmox VE 9.1, as "METHOD path". */
export const ALL_CALLS: readonly string[] = [...Object.keys(CALLS), ...data.names].sort();

/** The path as the schema writes it: a last placeholder that takes slashes is none of its own there. */
const schemaPath = (path: string): string => path.replace('*}', '}');

/** Has Proxmox VE such a call? `segments` are those of a path as it is asked. */
export function isCall(method: string, segments: readonly string[]): boolean {
  return ALL_CALLS.some((call) => {
    const [theirs, path = ''] = call.split(' ');
    const shape = path.split('/').filter(Boolean);
    const fits = (part: string, index: number) => part.startsWith('{') || part === segments[index];
    return theirs === method && shape.length === segments.length && shape.every(fits);
  });
}

/** What is known of a call; undefined where it is no call of Proxmox VE, or one that is known by name alone. */
export function callFacts(method: string, path: string): CallFacts | undefined {
  const name = `${method} ${schemaPath(path)}`;
  if (!Object.hasOwn(CALLS, name)) return undefined;
  const known = expanded.get(name) ?? expand(CALLS[name] as CallFacts);
  expanded.set(name, known);
  return known;
}

/** The keys of a property string; `name` is `keys` of a parameter. */
export function formatKeys(name: string): Readonly<Record<string, ParameterFacts>> {
  const formats = data.formats as Readonly<Record<string, unknown>>;
  return (formats[name] ?? {}) as Readonly<Record<string, ParameterFacts>>;
}

/** net[32] becomes net0 to net31. */
function expand(facts: CallFacts): CallFacts {
  const parameters = Object.entries(facts.parameters).flatMap(([name, parameter]) => {
    const [, base, count] = /^(.+)\[(\d+)\]$/.exec(name) ?? [];
    if (base === undefined) return [[name, parameter] as const];
    return Array.from({ length: Number(count) }, (_, index) => [`${base}${index}`, parameter] as const);
  });
  return { ...facts, parameters: Object.fromEntries(parameters) };
}
