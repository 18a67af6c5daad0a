/** The architecture as docs/architecture.md states it, and as the imports are. Paths are relative to the root. */

/** A row of the table: what a part may import besides itself. */
export interface Rule {
  /** A file, or a folder without the folders that have a row of their own. */
  readonly part: string;
  readonly mayImport: readonly string[];
}

export interface Import {
  readonly from: string;
  readonly line: number;
  readonly to: string;
}

/** Reads the rows of the table whose head is `| part | ... | may import |`. */
export function readRules(page: string): Rule[] {
  const table = page.slice(page.indexOf('| part |')).split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .slice(2)
    .map((row) => row.split('|').map((cell) => cell.trim()))
    .map(([, part = '', , allowed = '']) => ({
      part: part.replaceAll('`', '').replace(/\/$/, ''),
      mayImport: allowed.split(/[,\s]+/).filter((name) => name !== '' && name !== '–'),
    }));
}

const IMPORT = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"](\.{1,2}(?:\/[^'"]*)?)['"]/g;

/** The imports of the project's own files in a text, types and require() included. */
export function importsOf(file: string, text: string, files: ReadonlySet<string>): Import[] {
  return [...text.matchAll(IMPORT)].flatMap((match) => {
    const path = resolve(file, match[1] ?? '');
    const to = [path, `${path}.ts`, `${path}.mjs`, `${path}/index.ts`, 'index.ts'].find((one) =>
      files.has(one),
    );
    const line = text.slice(0, match.index).split('\n').length;
    return to === undefined ? [] : [{ from: file, line, to }];
  });
}

function resolve(file: string, specifier: string): string {
  const parts = file.split('/').slice(0, -1);
  for (const step of specifier.split('/')) {
    if (step === '..') parts.pop();
    else if (step !== '.') parts.push(step);
  }
  return parts.join('/');
}

/** The part that a file belongs to: the longest row that holds it. */
export function partOf(file: string, rules: readonly Rule[]): string | undefined {
  return rules
    .map(({ part }) => part)
    .filter((part) => file === part || file.startsWith(`${part}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** Every import that its part's row lacks, and every file that no row holds, in words. */
export function violations(
  imports: readonly Import[],
  files: Iterable<string>,
  rules: readonly Rule[],
): string[] {
  const homeless = [...files].filter((file) => partOf(file, rules) === undefined);
  const rule = (part: string | undefined) => rules.find((each) => each.part === part);
  const forbidden = imports.filter(({ from, to }) => {
    const [own, other] = [partOf(from, rules), partOf(to, rules)];
    if (own === undefined || other === undefined || own === other) return false;
    return !rule(own)?.mayImport.some((name) => other === name || other.startsWith(`${name}/`));
  });
  return [
    ...homeless.map((file) => `${file} belongs to no part of the table`),
    ...forbidden.map(
      ({ from, line, to }) =>
        `${from}:${line} imports ${to}: ${partOf(from, rules)} may not use ${partOf(to, rules)}`,
    ),
  ];
}

/** Groups of files that import each other in a circle (Tarjan's strongly connected components). */
export function circles(imports: readonly Import[]): string[][] {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) next.set(from, [...(next.get(from) ?? []), to]);
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const index = order.size;
    order.set(file, index);
    let lowest = index;
    stack.push(file);
    for (const to of next.get(file) ?? []) {
      if (!order.has(to)) lowest = Math.min(lowest, visit(to));
      else if (stack.includes(to)) lowest = Math.min(lowest, order.get(to) ?? lowest);
    }
    low.set(file, lowest);
    if (lowest === index) {
      const group = stack.splice(stack.indexOf(file));
      if (group.length > 1 || next.get(file)?.includes(file)) found.push(group.sort());
    }
    return lowest;
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return found;
}
