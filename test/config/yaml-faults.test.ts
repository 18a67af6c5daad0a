import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaultyFileError, type PlacedFault } from '../../config/faulty-file';
import { parseLab } from '../../config/lab-file';
import { decode } from '../../config/read-text';

const lab = readFileSync(join(__dirname, '../../lab.yaml'), 'utf8');

function edited(from: string | RegExp, to: string): string {
  const text = lab.replace(from, to);
  expect(text).not.toBe(lab);
  return text;
}

function faultsOf(bytes: string | Buffer): readonly PlacedFault[] {
  try {
    parseLab(decode(Buffer.from(bytes as string), 'lab.yaml'), 'lab.yaml');
  } catch (error) {
    if (error instanceof FaultyFileError) return error.faults;
    throw error;
  }
  return [];
}

const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

describe('a file that is no YAML is refused in words, with its place', () => {
  const nameLine = lineOf(lab, 'name: lab');
  const wordpress = lineOf(lab, '- { name: wordpress');
  test.each<[string, string | Buffer, number, number, RegExp]>([
    ['an empty file', '', 1, 1, /^is empty/],
    ['a file of comments', '# nothing\n', 1, 1, /^is empty/],
    ['an empty document', '---\n', 1, 1, /^is empty/],
    ['UTF-16', Buffer.from(`\uFEFF${lab}`, 'utf16le'), 1, 1, /UTF-16.*save it as UTF-8/],
    ['UTF-16 without its mark', Buffer.from(lab, 'utf16le'), 1, 1, /UTF-16/],
    ['UTF-16 the other way round', Buffer.from(`\uFEFF${lab}`, 'utf16le').swap16(), 1, 1, /UTF-16/],
    ['Latin 1', Buffer.from(edited('# The experiment', '# El año'), 'latin1'), 2, 7, /not UTF-8/],
    ['line ends of a lone CR', 'name: lab\rseed: 1\r', 1, 10, /carriage return alone.*LF/],
    ['a control character', 'name: l\u0000ab\n', 1, 8, /U\+0000/],
    ['two documents', 'name: lab\n---\nseed: 1\n', 2, 1, /second document begins with this ---/],
    [
      'an alias without its anchor',
      edited('name: lab', 'name: *lab'),
      nameLine,
      7,
      /\*lab names nothing.*&lab/,
    ],
    ['an alias before its anchor', 'name: *x\nseed: &x 1\n', 1, 7, /names nothing/],
    ['an alias inside of its anchor', 'plans: &x\n  quick: *x\n', 2, 10, /inside of what it names/],
    [
      'a merge of a number',
      edited('{ name: wordpress', '{ <<: 1, name: wordpress'),
      wordpress,
      7,
      /^<< brings in/,
    ],
    ['a merge of a list of numbers', 'node: { <<: [1] }\n', 1, 9, /^<< brings in/],
    ['lists of lists without end', `name: ${'['.repeat(3000)}`, 1, 70, /nested more than 64 deep/],
    ['a key twice', `${lab}seed: 1\n`, lab.split('\n').length, 1, /"seed" is given twice/],
    ['a tab as indentation', 'node:\n\tname: pve\n', 2, 1, /tab indents this line/],
    [
      'a quote without its end',
      edited('name: lab', 'name: "lab'),
      nameLine,
      7,
      /begins here has no closing "/,
    ],
    [
      'a brace without its end',
      edited('image: centos }', 'image: centos'),
      wordpress,
      5,
      /begins with this \{ has no \}/,
    ],
    [
      'a comma that is missing',
      edited(', role: wordpress', ' role: wordpress'),
      wordpress,
      13,
      /comma or a bracket/,
    ],
    ['two colons in a line', 'name: lab: x\n', 1, 7, /second "key: value"/],
    ['no colon', 'name lab\nseed: 1\n', 1, 1, /"name" has no colon/],
    ['text that begins with @', 'name: @lab\n', 1, 7, /cannot begin with @; write it in quotes/],
    ['wrong indentation', '- a\nb: 1\n', 2, 1, /"b" does not fit here/],
    ['an unknown escape', 'name: "l\\q"\n', 1, 9, /\\q means nothing/],
    ['a tag', 'name: !lab lab\n', 1, 7, /tag "!lab" means nothing/],
    ['a directive', '%LAB\n---\nname: lab\n', 1, 1, /"%LAB" means nothing/],
    ['a list as a key', '[a]: 1\n', 1, 1, /list or a map cannot be a key/],
  ])('%s', (_, text, line, column, message) => {
    expect(faultsOf(text)[0]).toEqual({ line, column, path: '', message: expect.stringMatching(message) });
  });

  test('aliases of aliases that would fill the memory, at the first that is too much', () => {
    const levels = [...Array(9).keys()].map(
      (level) => `x${level + 1}: &x${level + 1} [${Array(9).fill(`*x${level}`)}]`,
    );
    const [fault, ...more] = faultsOf(['x0: &x0 [1, 1]', ...levels].join('\n'));
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ path: '', message: expect.stringMatching(/^\*x\d stands for too much/) });
  });
});

describe('a value of the wrong kind is named in words, and what to write instead', () => {
  test.each([
    ['a number as a name', 'name: wordpress,', 'name: 123,', /^must be text: write it in quotes, "123"$/],
    ['a number as it is written', 'name: wordpress,', 'name: 0x1F,', /"0x1F"$/],
    ['true as a name', 'name: wordpress,', 'name: true,', /^must be text: write it in quotes, "true"$/],
    ['nothing as a name', 'name: wordpress,', 'name: ,', /^has no value$/],
    ['a list as a name', 'name: wordpress,', 'name: [a],', /^must be text, not a list$/],
    [
      'a number in quotes',
      'vmid: 129',
      'vmid: "129"',
      /^is text because of its quotes; write the number alone: 129$/,
    ],
    [
      'text as a number',
      'memoryMiB: 1024',
      'memoryMiB: 1G',
      /^"1G" is no number; must be a whole number of MiB$/,
    ],
    ['true as a number', 'vmid: 129', 'vmid: true', /^must be a number, not true$/],
    ['half a number', 'vmid: 129', 'vmid: 129.5', /^must be a whole number \(a VM identifier\)$/],
    ['nothing as a number', 'vmid: 129', 'vmid: ', /^has no value$/],
    ['text as a list', /guests:\n( {2}- .*\n)+/, 'guests: none\n', /^must be a list .*, not text$/],
    ['text as a network', /servers: \{.*/, 'servers: vmbr10', /^must have keys with values .*, not text$/],
    ['one think time', '[2, 10]', '[2]', /^has 1 entries, not 2$/],
    ['three think times', '[2, 10]', '[2, 3, 4]', /^has 3 entries, not 2$/],
    ['a name that a plan cannot have', '  quick:', '  Quick One:', /lower-case letters/],
    ['an algorithm that does not exist', 'sha256', 'md5', /^"md5" is none of sha256, sha512$/],
  ])('%s', (_, from, to, message) => {
    expect(faultsOf(edited(from, to))).toEqual([
      expect.objectContaining({ message: expect.stringMatching(message) }),
    ]);
  });

  test('whatever stands anywhere, no fault is told in the words of the schema', () => {
    const values = lab.matchAll(/(?<=: )(?=\S)[^\s,{}[\]#]+(?=[,\s])/g);
    const told = [...values].flatMap(({ index, 0: value }) =>
      ['1', 'text', '[a]', '{ a: 1 }', '~', 'true', '-1', '"7"', '.inf'].flatMap((other) =>
        faultsOf(lab.slice(0, index) + other + lab.slice(index + value.length)),
      ),
    );
    expect(told.length).toBeGreaterThan(500);
    const foreign = told.filter(({ message }) =>
      /invalid|expected|received|too (small|big)|undefined/i.test(message),
    );
    expect(foreign).toEqual([]);
  });
});

describe('aliases and merge keys', () => {
  test('bring in what they name, and what the guest itself has goes first', () => {
    const text = edited(
      /guests:\n( {2}- .*\n)+/,
      `guests:
  - &first { name: a, role: wordpress, vmid: 101, address: 192.168.10.11, memoryMiB: 512 }
  - { <<: *first, name: b, vmid: 102, address: 192.168.10.12 }
  - { name: c, vmid: 103, address: 192.168.10.13, <<: [{ cores: 2 }, *first] }
`,
    );
    expect(parseLab(text, 'lab.yaml').guests).toMatchObject([
      { name: 'a', memoryMiB: 512, cores: 1 },
      { name: 'b', role: 'wordpress', vmid: 102, memoryMiB: 512 },
      { name: 'c', vmid: 103, memoryMiB: 512, cores: 2 },
    ]);
  });

  test('may be used by a thousand guests', () => {
    const guests = [...Array(1000).keys()].map(
      (n) =>
        `  - { <<: *all, name: g${n}, vmid: ${1000 + n}, address: 192.168.${8 + Math.floor(n / 250)}.${2 + (n % 250)} }\n`,
    );
    const text = edited(/guests:\n( {2}- .*\n)+/, `guests:\n${guests.join('')}`)
      .replace('- { <<: *all,', '- { <<: &all { role: moodle, cores: 2 },')
      .replace('192.168.10.0/24, gateway: 192.168.10.1 ', '192.168.8.0/22, gateway: 192.168.8.1 ');
    expect(parseLab(text, 'lab.yaml').guests).toHaveLength(1000);
  });

  test('have the place of a fault where the value was written', () => {
    const text = edited('{ name: wordpress', '&first { name: wordpress').replace(
      /- \{ name: moodle.*/,
      '- { <<: *first, name: moodle, vmid: 1, address: *nobody }',
    );
    const named = text.replace('*nobody', '192.168.10.16').replace('cores: 1', 'cores: 0');
    const first = lineOf(named, '&first');
    expect(faultsOf(named).map(({ path, line }) => [path, line])).toEqual([
      ['guests[0].cores', first],
      ['guests[1].cores', first],
      ['guests[1].vmid', first + 1],
    ]);
  });
});
