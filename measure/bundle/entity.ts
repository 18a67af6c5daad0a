/** An entity of RO-Crate's metadata: flat JSON-LD, where one names another by its id. */
export type Entity = Readonly<Record<string, unknown>> & { readonly '@id': string };

export function reference(id: string): { readonly '@id': string } {
  return { '@id': id };
}

/** Several of them; one stands by itself, as RO-Crate recommends. */
export function references(ids: readonly string[]): unknown {
  const [first, ...others] = ids.map(reference);
  return first && others.length === 0 ? first : ids.map(reference);
}

/** ISO 8601 to the second, UTC. */
export function isoTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString().replace(/\.\d+Z$/, '+00:00');
}
