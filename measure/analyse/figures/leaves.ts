/** A value inside nested results, and where it stands. */
export interface Leaf<Value> {
  /** Keys, and for the items of lists what they are of: `levels`, `level 2`, `guests`, `wordpress`, `cpuPercent`. */
  readonly path: readonly string[];
  /** Its keys alone, without the items of lists. */
  readonly keys: readonly string[];
  readonly value: Value;
}

/** Every value inside `node` that `isLeaf` accepts, in the order of the object; an accepted value is not searched further. */
export function leavesOf<Value>(
  node: unknown,
  isLeaf: (node: unknown) => node is Value,
  path: readonly string[] = [],
  keys: readonly string[] = [],
): readonly Leaf<Value>[] {
  if (isLeaf(node)) return [{ path, keys, value: node }];
  if (Array.isArray(node)) {
    return node.flatMap((item, index) => leavesOf(item, isLeaf, [...path, itemName(item, index)], keys));
  }
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    leavesOf(value, isLeaf, [...path, key], [...keys, key]),
  );
}

function itemName(item: unknown, index: number): string {
  const { action, client, direction, file, guest, page, ratePerSecond, users } = (item ?? {}) as Readonly<
    Record<string, unknown>
  >;
  if (typeof client === 'string') return `${client} page ${page}`;
  if (typeof action === 'string') return `${action} of ${guest}`;
  if (typeof ratePerSecond === 'number') return `${Number(ratePerSecond.toPrecision(4))} per second`;
  if (typeof users === 'number') return users === 1 ? '1 user' : `${users} users`;
  const name = [direction, guest, file].find((each) => typeof each === 'string');
  return typeof name === 'string' ? name : String(index);
}
