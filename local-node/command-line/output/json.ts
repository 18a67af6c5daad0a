/** JSON as Perl's JSON module writes it: keys by the alphabet, and three blanks a step where it is to be read. */

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: object): [string, unknown][] {
  return Object.entries(value as Fields)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (!(value instanceof Object)) return JSON.stringify(value ?? null);
  return `{${fieldsOf(value)
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`)
    .join(',')}}`;
}

export function prettyJson(value: unknown, indent = ''): string {
  const inner = `${indent}   `;
  const block = (open: string, lines: readonly string[], close: string) =>
    lines.length === 0
      ? `${open}${close}`
      : `${open}\n${lines.map((line) => inner + line).join(',\n')}\n${indent}${close}`;
  if (Array.isArray(value))
    return block(
      '[',
      value.map((item) => prettyJson(item, inner)),
      ']',
    );
  if (!(value instanceof Object)) return JSON.stringify(value ?? null);
  const lines = fieldsOf(value).map(
    ([name, field]) => `${JSON.stringify(name)} : ${prettyJson(field, inner)}`,
  );
  return block('{', lines, '}');
}
