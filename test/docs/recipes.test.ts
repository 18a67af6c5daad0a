import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { loadLab } from '../../config';
import type { Lab } from '../../config/lab';
import { read, root } from './documents';

const directory = mkdtempSync(join(tmpdir(), 'recipes-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Blocks of code of one language in a page. */
function blocks(page: string, language: string): readonly string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...read(page).matchAll(fence)].map(([, text = '']) => text);
}

type Fields = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** lab.yaml with what a recipe puts into it, section by section. */
function labWith(recipe: string): Lab {
  const lab = parse(read('lab.yaml')) as Fields;
  const sections = Object.entries(parse(recipe) as Fields).map(([section, added]) => [
    section,
    { ...lab[section], ...added },
  ]);
  const file = join(directory, 'lab.yaml');
  writeFileSync(file, stringify({ ...lab, ...Object.fromEntries(sections) }));
  return loadLab(file, {});
}

test.each(
  blocks('docs/how-to/your-own-plan.md', 'yaml')
    .filter((block) => !block.includes('...'))
    .map((block) => [Object.keys(parse(block) as Fields).join(), block]),
)('lab.yaml takes the %s that the recipe for plans adds', (section, block) => {
  expect(labWith(block)).toHaveProperty(section);
});

test('lab.yaml takes the rules of precision that the recipe for plans shows', () => {
  const rules = blocks('docs/how-to/your-own-plan.md', 'yaml').find((block) => block.includes('...')) ?? '';
  const { short } = (parse(read('lab.yaml')) as Fields).plans ?? {};
  const plan = parse(rules.replaceAll(', ... }', ' }')) as Fields;
  const merged = Object.entries(plan).map(([scenario, settings]) => [
    scenario,
    { ...(short as Fields)[scenario], ...settings },
  ]);
  const lab = labWith(stringify({ plans: { precise: Object.fromEntries(merged) } }));
  expect(lab.plans.precise?.resources?.precision?.relativeWidth).toBe(0.05);
  expect(lab.plans.precise?.qos?.precision?.relativeWidth).toBe(0.1);
});

describe('the recipe for an application', () => {
  const page = 'docs/how-to/your-own-application.md';
  const role = 'test/fixtures/own-role/roles/dokuwiki';

  test('shows the files of a role as the tests deploy it', () => {
    const [roleFile] = blocks(page, 'yaml');
    const [script] = blocks(page, 'bash');
    const shown = { 'role.yaml': roleFile, 'install.sh': script };
    const pages = Object.fromEntries(
      ['start.txt', 'bridges.txt'].map((name, n) => [name, blocks(page, 'text')[n]]),
    );
    for (const [name, text] of Object.entries({ ...shown, ...pages }))
      expect(text).toBe(read(`${role}/${name}`));
    expect(readdirSync(join(root, role)).sort()).toEqual([...Object.keys({ ...shown, ...pages })].sort());
  });

  test('has a script that passes shellcheck', () => {
    execFileSync('shellcheck', ['--external-sources', `${role}/install.sh`], { cwd: root });
  });

  test('has a guest that lab.yaml takes beside such a role', () => {
    cpSync(join(root, role, '..'), join(directory, 'roles'), { recursive: true });
    const [, guests = ''] = blocks(page, 'yaml');
    const file = join(directory, 'lab.yaml');
    writeFileSync(file, stringify({ ...(parse(read('lab.yaml')) as Fields), ...(parse(guests) as Fields) }));
    expect(loadLab(file, {}).guests).toMatchObject([{ name: 'wiki', role: 'dokuwiki' }]);
  });
});
