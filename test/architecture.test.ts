import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { circles, type Import, importsOf, partOf, readRules, violations } from './architecture';

const root = join(__dirname, '..');
const rules = readRules(readFileSync(join(root, 'docs/architecture.md'), 'utf8'));
const files = new Set(
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'], {
    cwd: root,
    encoding: 'utf8',
  })
    .trim()
    .split('\n')
    .filter(
      (file) => !file.startsWith('test/') && file !== 'jest.config.mjs' && existsSync(join(root, file)),
    ),
);
const imports = [...files].flatMap((file) => importsOf(file, readFileSync(join(root, file), 'utf8'), files));

describe('the source tree', () => {
  test('has only imports that the table of docs/architecture.md allows, and no file outside of it', () => {
    expect(imports.length).toBeGreaterThan(1000);
    expect(violations(imports, files, rules)).toEqual([]);
  });

  test('has every part that the table names', () => {
    const parts = new Set([...files].map((file) => partOf(file, rules)));
    expect(
      rules.map(({ part }) => part).filter((part) => !parts.has(part) && part !== 'measure/study-2019'),
    ).toEqual([]);
  });

  test('has no circle of imports, types included', () => {
    expect(circles(imports)).toEqual([]);
  });

  test('has no file of 300 lines or more', () => {
    const long = [...files].filter((file) => readFileSync(join(root, file), 'utf8').split('\n').length > 300);
    expect(long).toEqual([]);
  });
});

describe('the check itself', () => {
  const page =
    '| part | holds | may import |\n| --- | --- | --- |\n| `a/` | x | – |\n| `a/b/` | x | a, c |\n\nText';
  const small = readRules(page);
  const at = (from: string, to: string): Import => ({ from, line: 1, to });

  test('reads the table', () => {
    expect(small).toEqual([
      { part: 'a', mayImport: [] },
      { part: 'a/b', mayImport: ['a', 'c'] },
    ]);
  });

  test('finds imports, dynamic ones and those of types too', () => {
    const text = "import type { X } from './x';\nexport * from '../c';\nconst y = await import('./y.mjs');\n";
    const found = importsOf('a/b/z.ts', text, new Set(['a/b/x.ts', 'a/c/index.ts', 'a/b/y.mjs']));
    expect(found.map(({ line, to }) => [line, to])).toEqual([
      [1, 'a/b/x.ts'],
      [2, 'a/c/index.ts'],
      [3, 'a/b/y.mjs'],
    ]);
  });

  test('names an import that the table lacks, and a file without a row', () => {
    expect(violations([at('a/x.ts', 'a/b/y.ts'), at('a/b/y.ts', 'a/x.ts')], ['d/e.ts'], small)).toEqual([
      'd/e.ts belongs to no part of the table',
      'a/x.ts:1 imports a/b/y.ts: a may not use a/b',
    ]);
  });

  test('finds circles of any length', () => {
    const ring = [at('1', '2'), at('2', '3'), at('3', '1'), at('3', '4'), at('5', '5')];
    expect(circles(ring)).toEqual([['1', '2', '3'], ['5']]);
  });
});
