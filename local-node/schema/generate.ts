/**
 * Writes proxmox-ve-9.1.json from the schema of all calls of Proxmox VE, as `pvesh usage / -v` knows it:
 *
 *   npx tsx local-node/schema/generate.ts api-schema.json
 *
 * The input is {path: {METHOD: {parameters, permissions, returns}}}; the output has the facts of it that the local node
 * uses, one call a line, without prose.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

type Facts = Readonly<Record<string, unknown>>;
interface Described {
  readonly parameters?: Readonly<Record<string, Facts>>;
  readonly permissions?: { readonly user?: string; readonly check?: readonly unknown[] };
  readonly returns?: Facts;
}
type Schema = Readonly<Record<string, Readonly<Record<string, Described>>>>;

/** Of these the local node has nothing but their names: what Proxmox VE does beyond guests, storage, access and backup. */
const NAMES_ALONE = [
  /^\/cluster\/(acme|bulk-action|ceph|config|firewall|jobs|metrics|mapping|notifications|qemu|sdn)\b/,
  /^\/nodes\/\{node\}\/(apt|capabilities|ceph|certificates|disks|firewall|hardware|scan|sdn|services)\b/,
  /^\/nodes\/\{node\}\/(qemu|lxc)\/\{vmid\}\/firewall\b/,
];
/** Those of them that the local node has. */
const KEPT = /^\/cluster\/(sdn\/(zones|vnets)|mapping\/pci|jobs\/schedule-analyze)$/;
const FACTS = ['type', 'optional', 'minimum', 'maximum', 'minLength', 'maxLength', 'enum', 'pattern'];
const LINKS = ['requires', 'format', 'alias', 'default_key', 'keyAlias'];

const formats = new Map<string, string>();

/** The name under which a property string's keys are written, once for all parameters that have them. */
function formatName(parameter: string, keys: Readonly<Record<string, Facts>>): string {
  const text = JSON.stringify(
    Object.fromEntries(sorted(keys).map(([key, facts]) => [key, factsOf(key, facts)])),
  );
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? parameter : `${parameter}-${count}`;
    const known = formats.get(name);
    if (known !== undefined && known !== text) continue;
    formats.set(name, text);
    return name;
  }
}

function sorted<T>(record: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function factsOf(name: string, facts: Facts): Facts {
  const kept = [...FACTS, ...LINKS].flatMap((fact) =>
    facts[fact] === undefined ? [] : [[fact, facts[fact]]],
  );
  const { keys, items } = facts as { keys?: Readonly<Record<string, Facts>>; items?: Facts };
  const format = keys ?? facts.format;
  return {
    ...Object.fromEntries(kept),
    ...(format instanceof Object
      ? { format: undefined, keys: formatName(name, format as Readonly<Record<string, Facts>>) }
      : {}),
    ...(items ? { items: factsOf(name, items) } : {}),
  };
}

/** net0 to net31 as net[32], where they are all alike. */
function parametersOf(parameters: Readonly<Record<string, Facts>>): Record<string, Facts> {
  const out: Record<string, Facts> = {};
  for (const [name, facts] of sorted(parameters)) {
    const base = name.replace(/\d+$/, '');
    const text = JSON.stringify(facts);
    let count = 0;
    while (JSON.stringify(parameters[`${base}${count}`]) === text) count += 1;
    if (base === name || count < 2) out[name] = factsOf(base, facts);
    else out[`${base}[${count}]`] = factsOf(base, facts);
  }
  return out;
}

/** `check` of the one form that names a path and privileges; others are rules of their own. */
function permissionOf({ user, check = [] }: NonNullable<Described['permissions']>): object | undefined {
  if (user !== undefined) return undefined; // for all of that kind, whatever else is written
  const [kind, path, privileges, ...rest] = check;
  return kind === 'perm' ? { path, privileges, any: rest[0] === 'any' && Boolean(rest[1]) } : undefined;
}

function columnsOf(properties: unknown): Record<string, string> | undefined {
  if (!(properties instanceof Object)) return undefined;
  const columns = sorted(properties as Readonly<Record<string, Facts>>);
  return Object.fromEntries(
    columns.map(([name, { type, optional }]) => [name, `${type}${optional ? '?' : ''}`]),
  );
}

function returnsOf(returns: Facts = {}): object {
  const { type, properties, items, links } = returns as Facts & { items?: Facts; links?: readonly Facts[] };
  return {
    type,
    items: items?.type,
    columns: columnsOf(items?.properties ?? properties),
    link: /^\{(\w+)\}$/.exec(String(links?.[0]?.href))?.[1],
  };
}

function written(schema: Schema): string {
  const calls: string[] = [];
  const names: string[] = [];
  for (const [path, methods] of sorted(schema)) {
    for (const [method, { parameters = {}, permissions = {}, returns }] of sorted(methods)) {
      const call = `${method} ${path}`;
      const facts = {
        parameters: parametersOf(parameters),
        permission: permissionOf(permissions),
        returns: returnsOf(returns),
      };
      if (!KEPT.test(path) && NAMES_ALONE.some((shape) => shape.test(path))) names.push(JSON.stringify(call));
      else calls.push(`${JSON.stringify(call)}:${JSON.stringify(facts)}`);
    }
  }
  const shared = [...formats].map(([name, keys]) => `${JSON.stringify(name)}:${keys}`);
  const source =
    'Facts from the API schema of Proxmox VE 9.1 (pve-manager 9.1.10): names, types, limits, privileges';
  return `{"source":${JSON.stringify(source)},\n"formats":{\n${shared.join(',\n')}\n},\n"calls":{\n${calls.join(',\n')}\n},\n"names":[\n${names.join(',\n')}\n]}\n`;
}

const [input] = process.argv.slice(2);
if (input === undefined) throw new Error('usage: npx tsx local-node/schema/generate.ts api-schema.json');
const output = join(__dirname, 'proxmox-ve-9.1.json');
writeFileSync(output, written(JSON.parse(readFileSync(input, 'utf8')) as Schema));
