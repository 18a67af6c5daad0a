import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { loadRole } from '../../config';
import { FaultyFileError, type PlacedFault } from '../../config/faulty-file';
import { InputError } from '../../config/input-error';
import { readLab } from '../../config/lab-file';
import { builtInRoles, rolesBeside } from '../../config/roles';

const directory = mkdtempSync(join(tmpdir(), 'roles-'));
afterAll(() => rmSync(directory, { recursive: true }));

const lab = readFileSync(join(__dirname, '../../lab.yaml'), 'utf8');
const hello = 'name: Hello\npages: [/, /about/]\npackages: { apt: [apache2, a-theme | b-theme] }\n';

let experiments = 0;

/** A directory with an experiment, and below roles/ the files given by their paths. */
function experiment(files: Readonly<Record<string, string | Buffer>>, text = lab): string {
  const place = join(directory, String(experiments));
  experiments += 1;
  for (const [path, content] of Object.entries({ 'lab.yaml': text, ...files })) {
    const file = join(place, path === 'lab.yaml' ? path : `roles/${path}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return join(place, 'lab.yaml');
}

function faultsOf(read: () => unknown): readonly PlacedFault[] {
  try {
    read();
  } catch (error) {
    if (error instanceof FaultyFileError) return error.faults;
    throw error;
  }
  return [];
}

const roleFaults = (role: string, more: Readonly<Record<string, string | Buffer>> = {}) =>
  faultsOf(() => rolesBeside(experiment({ 'hello/role.yaml': role, 'hello/install.sh': '', ...more })));

test("the lab's own roles have the form that everybody's have", () => {
  expect([...builtInRoles().keys()]).toEqual(['mediawiki', 'moodle', 'wordpress']);
  for (const role of builtInRoles().values()) {
    expect(role).toMatchObject({ title: `Virtualization Lab ${role.name}`, port: 80 });
    expect(role.frontPage).toBe(role.pages[0]);
    expect(role.files.map((file) => basename(file))).toContain('install.sh');
  }
});

describe('a directory of roles/ beside lab.yaml', () => {
  const files = { 'hello/role.yaml': hello, 'hello/install.sh': '', 'hello/logo.png': Buffer.from([0, 255]) };

  test('is a role of the lab, with what its files say and what they leave out', () => {
    const file = experiment({ ...files, 'hello/.hidden': '', 'hello/install.sh~': '', 'notes.txt': '' });
    expect([...rolesBeside(file).keys()]).toEqual(['mediawiki', 'moodle', 'wordpress', 'hello']);
    expect(rolesBeside(file).get('hello')).toMatchObject({
      key: 'hello',
      title: 'Virtualization Lab Hello',
      port: 80,
      frontPage: '/',
      packages: { apt: ['apache2', 'a-theme | b-theme'] },
      files: ['install.sh', 'logo.png'].map((name) => join(dirname(file), 'roles/hello', name)),
    });
    expect(loadRole({ role: 'hello' }, { LAB_FILE: file }).name).toBe('Hello');
  });

  test('can be the role of a guest', () => {
    const file = experiment(files, lab.replace('role: moodle', 'role: hello'));
    expect(readLab(file).guests[1]?.role).toBe('hello');
  });

  test('is none without role.yaml', () => {
    expect(rolesBeside(experiment({ 'hello/install.sh': '' })).has('hello')).toBe(false);
  });

  test('is refused by the name of a role of the lab itself, and by one that tells labs apart', () => {
    for (const name of ['moodle', 'lab-0a1b2c3d', 'Hello', 'my_role']) {
      const read = () =>
        rolesBeside(experiment({ [`${name}/role.yaml`]: hello, [`${name}/install.sh`]: '' }));
      expect(faultsOf(read)).toMatchObject([{ line: 1, column: 1, message: expect.stringContaining(name) }]);
    }
  });
});

test('a guest of an unknown role is refused with the roles that were found, in one fault with its place', () => {
  const text = lab.replace('role: moodle', 'role: drupal');
  const file = experiment({ 'hello/role.yaml': hello, 'hello/install.sh': '' }, text);
  const [fault, ...more] = faultsOf(() => readLab(file));
  expect(more).toEqual([]);
  expect(fault).toMatchObject({
    path: 'guests[1].role',
    message: expect.stringMatching(/^"drupal" is no role; there are hello, mediawiki, moodle, wordpress/),
  });
  const { line = 0, column = 0 } = fault ?? {};
  expect(text.split('\n')[line - 1]?.slice(column - 1)).toMatch(/^drupal,/);
});

test('a lab with the name of a role beside it is refused', () => {
  const file = experiment(
    { 'hello/role.yaml': hello, 'hello/install.sh': '' },
    lab.replace('name: lab', 'name: hello'),
  );
  expect(faultsOf(() => readLab(file))).toMatchObject([{ path: 'name' }]);
});

describe('a faulty role.yaml is refused with its place', () => {
  test.each([
    ['no name', hello.replace('name: Hello\n', ''), 1, 1, 'name', /^is missing$/],
    ['a number as name', hello.replace('Hello', '7'), 1, 7, 'name', /write it in quotes, "7"/],
    ['a title that HTML writes otherwise', `${hello}title: Salt & Pepper\n`, 4, 8, 'title', /without < > &/],
    ['no page', hello.replace('[/, /about/]', '[]'), 2, 1, 'pages', /needs a page/],
    ['a page that is no path', hello.replace('/about/', 'about'), 2, 12, 'pages[1]', /begins with \//],
    ['a port that is none', `${hello}port: 70000\n`, 4, 7, 'port', /1 to 65535/],
    ['no packages', hello.replace(/packages.*\n/, ''), 1, 1, 'packages', /^is missing$/],
    ['packages of nobody', hello.replace(/\{ apt.*\}/, '{}'), 3, 1, 'packages', /needs apt or dnf/],
    [
      'a package with a space',
      hello.replace('apache2', 'apache 2'),
      3,
      19,
      'packages.apt[0]',
      /name of a package/,
    ],
    [
      'an option in place of a package',
      hello.replace('apache2', '--purge'),
      3,
      19,
      'packages.apt[0]',
      /name of a package/,
    ],
    ['an unknown key', `${hello}version: 1\n`, 4, 10, 'version', /not a known key/],
    ['no YAML', 'name: [Hello\n', 1, 7, '', /has no \]/],
    ['an alias without its anchor', 'name: *hello\n', 1, 7, '', /names nothing/],
  ])('%s', (_, text, line, column, path, message) => {
    expect(roleFaults(text)).toEqual([{ line, column, path, message: expect.stringMatching(message) }]);
  });

  test('and the error names the file', () => {
    const file = experiment({ 'hello/role.yaml': '', 'hello/install.sh': '' });
    expect(() => readLab(file)).toThrow(`${join(dirname(file), 'roles/hello/role.yaml')}:1:1  is empty`);
  });
});

describe('what lies beside role.yaml is refused', () => {
  test('without an install script', () => {
    const file = experiment({ 'hello/role.yaml': hello });
    expect(faultsOf(() => rolesBeside(file))).toMatchObject([
      { message: expect.stringContaining('no install.sh') },
    ]);
  });

  test.each([
    ['a directory', 'hello/pages/one.txt', '', /pages beside it is no file/],
    ['a name of what all roles have', 'hello/lib.sh', '', /lib\.sh .* all roles have/],
    ['a name with a blank', 'hello/my file', '', /my file beside it cannot go to guests by that name/],
    ['more than a node takes', 'hello/large.bin', Buffer.alloc(600 * 1024), /600 KiB, more than the 512 KiB/],
  ])('%s', (_, path, content, message) => {
    expect(roleFaults(hello, { [path]: content })).toMatchObject([
      { message: expect.stringMatching(message) },
    ]);
  });

  test.each([
    ['line ends of Windows', '#!/bin/bash\r\nbegin hello\r\n'],
    ['a mark of UTF-8', '\uFEFF#!/bin/bash\n'],
    ['UTF-16', Buffer.from('\uFEFF#!/bin/bash\n', 'utf16le')],
  ])('%s in a script, which would fail in the guest', (_, script) => {
    expect(roleFaults(hello, { 'hello/install.sh': script })).toMatchObject([
      { message: expect.stringMatching(/^install\.sh beside it is saved as Windows saves text/) },
    ]);
  });

  test('where role.yaml is a directory, as every file that cannot be read', () => {
    const file = experiment({ 'hello/role.yaml/x': '' });
    expect(() => rolesBeside(file)).toThrow(InputError);
    expect(() => rolesBeside(file)).toThrow(/^cannot read the role hello: .*: it is a directory$/);
  });
});
