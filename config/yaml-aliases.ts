import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
} from 'yaml';

/** A fault of the YAML itself, by its offset in the text. */
export interface YamlFault {
  readonly offset: number;
  readonly message: string;
}

/** What each alias stands for; an alias without an anchor above it is not in it. */
export type Aliases = ReadonlyMap<Alias, Node>;

/**
 * Values that a file may have once each alias is written out: a lab of thousands of guests has fewer, and what aliases
 * of aliases can multiply is refused before it fills the memory.
 */
const MOST_VALUES = 500_000;

/** The aliases of a document, each with the last anchor of its name above it. */
export function aliasesOf(document: Document.Parsed): Aliases {
  const anchors = new Map<string, Node>();
  const aliases = new Map<Alias, Node>();
  visit(document, {
    Node(_, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source);
        if (target) aliases.set(node, target);
      } else if (node.anchor) anchors.set(node.anchor, node);
    },
  });
  return aliases;
}

/** Aliases that name nothing, or themselves, or too much; and merge keys (<<) of what cannot be merged. */
export function aliasFaults(document: Document.Parsed, aliases: Aliases): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  visit(document, {
    Alias(_, alias, path) {
      const target = aliases.get(alias);
      const name = `*${alias.source}`;
      if (!target) {
        const message = `${name} names nothing: no value above has the anchor &${alias.source} (text that begins with * is written in quotes)`;
        faults.push({ offset: startOf(alias), message });
      } else if (path.includes(target)) {
        const message = `${name} stands inside of what it names, &${alias.source}`;
        faults.push({ offset: startOf(alias), message });
      }
    },
    Pair(_, pair) {
      const fault = isMergeKey(pair) ? mergeFault(pair, aliases) : undefined;
      if (fault) faults.push(fault);
    },
  });
  return faults.length > 0 ? faults : expansionFault(aliases);
}

/** Whether the pair is a merge: `<<` without quotes. */
export function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

/** The maps that a merge brings in; what comes first goes first. */
export function mergedMaps(pair: Pair, aliases: Aliases): readonly unknown[] {
  const value = target(pair.value, aliases);
  return isSeq(value) ? value.items.map((item) => target(item, aliases)) : [value];
}

/** What a value is, behind its alias. */
export function target(value: unknown, aliases: Aliases): unknown {
  return isAlias(value) ? aliases.get(value) : value;
}

function mergeFault(pair: Pair, aliases: Aliases): YamlFault | undefined {
  // An alias that names nothing has its own fault.
  if (isAlias(pair.value) && !aliases.has(pair.value)) return undefined;
  if (mergedMaps(pair, aliases).every((value) => value === undefined || isMap(value))) return undefined;
  const message =
    '<< brings in keys with values: write an alias of some after it (<<: *name), or a list of such';
  return { offset: startOf(pair.key), message };
}

/** The first alias with which the file would be too large. An alias counts as all that it stands for. */
function expansionFault(aliases: Aliases): readonly YamlFault[] {
  const sizes = new Map<Node, number>();
  const sizeOf = (node: unknown): number => {
    const value = target(node, aliases);
    if (isPair(value)) return sizeOf(value.key) + sizeOf(value.value);
    if (!isNode(value)) return 1;
    const known = sizes.get(value);
    if (known !== undefined) return known;
    const size = isCollection(value) ? value.items.reduce<number>((sum, item) => sum + sizeOf(item), 1) : 1;
    sizes.set(value, size);
    return size;
  };
  let total = 0;
  for (const [alias, value] of aliases) {
    total += sizeOf(value);
    if (total <= MOST_VALUES) continue;
    const message = `*${alias.source} stands for too much: with all aliases written out the file has more than ${MOST_VALUES} values`;
    return [{ offset: startOf(alias), message }];
  }
  return [];
}

function startOf(node: unknown): number {
  return (isNode(node) && node.range?.[0]) || 0;
}
