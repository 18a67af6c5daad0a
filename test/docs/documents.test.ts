import { dirname, join, normalize } from 'node:path';
import { anchors, documents, exists, prose, read } from './documents';

/** Every match of a pattern's first group, with its file. */
function found(
  pattern: RegExp,
  text: (file: string) => string = read,
): readonly (readonly [string, string])[] {
  return documents().flatMap((file) =>
    [...text(file).matchAll(pattern)].map(([, match = '']) => [file, match] as const),
  );
}

test('every relative link leads to a file and, where it names one, to a heading', () => {
  const broken = found(/\]\(([^)\s]+)\)/g, (file) => prose(read(file)).replace(/`[^`\n]*`/g, ''))
    .filter(([, link]) => !/^[a-z]+:/.test(link))
    .filter(([file, link]) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? file : normalize(join(dirname(file), path));
      if (!exists(target)) return true;
      return anchor !== undefined && exists(target) && !anchors(read(target)).includes(anchor);
    });
  expect(broken).toEqual([]);
});

test('every page of docs is linked from its index or from the index of its folder', () => {
  const indexes = ['docs/README.md', 'docs/reference/README.md', 'README.md'];
  const linked = new Set(
    indexes.flatMap((file) =>
      [...read(file).matchAll(/\]\(([^)#\s]+)/g)].map(([, path = '']) =>
        normalize(join(dirname(file), path)),
      ),
    ),
  );
  expect(documents().filter((file) => file.startsWith('docs/') && !linked.has(file))).toEqual([]);
});

test('no line of docs is longer than 100 characters, tables and addresses excepted', () => {
  const pages = documents().filter((file) => !file.startsWith('test/'));
  const long = pages.flatMap((file) =>
    read(file)
      .split('\n')
      .flatMap((line, index) => ([...line].length > 100 ? [`${file}:${index + 1} ${line}`] : []))
      .filter((line) => !/^\S+ \|/.test(line) && !/https?:\/\//.test(line)),
  );
  expect(long).toEqual([]);
});

test('every npm command that the docs name is a script of package.json', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };
  const known = Object.keys(scripts);
  const unknown = found(/npm run (\w[\w:-]*)/g).filter(([, name]) => !known.includes(name));
  expect(unknown).toEqual([]);
});

test('every file and folder of the project that the docs name is there', () => {
  const named = [
    ...found(
      /`((?:bench|cloud-init|commands|config|docs|experiment|local-node|machine|measure|provider|proxmox|setup|stacks|template|test)\/[\w./-]*)`/g,
    ),
    ...found(/npx tsx ([\w./-]+)/g),
  ];
  // The recipe for an application of one's own writes these.
  const gone = named.filter(([, path]) => !path.includes('hello') && !exists(path));
  expect(gone).toEqual([]);
});
