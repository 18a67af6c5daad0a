import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../../config/input-error';
import type { BundleLimits } from '../../../measure/bundle/bundle-entries';
import { unpackBundle } from '../../../measure/bundle/read-bundle';
import { manifestOf, rename, type TestEntry, writeZip } from './zips';

const root = mkdtempSync(join(tmpdir(), 'bad-bundle-'));
afterAll(() => rmSync(root, { recursive: true }));

const text: TestEntry = { path: 'plan.json', content: '{}' };
let zips = 0;

/** A zip with a manifest of all its entries. */
async function zipOf(entries: readonly TestEntry[]): Promise<string> {
  return writeZip(join(root, `${zips++}.zip`), [...entries, manifestOf(entries)]);
}

async function unpack(file: string, limits?: BundleLimits) {
  const inside = mkdtempSync(join(root, 'inside-'));
  const directory = join(inside, 'unpacked');
  const { faults } = await unpackBundle(file, directory, limits);
  return { faults, directory, beside: readdirSync(inside) };
}

test('a whole zip is unpacked, also one in the form for large files', async () => {
  const entries = [text, { path: 'raw/a b/ü.json', content: 'ü' }];
  for (const zip64 of [false, true]) {
    const file = await writeZip(join(root, `whole-${zip64}.zip`), [...entries, manifestOf(entries)], zip64);
    const { faults, directory } = await unpack(file);
    expect(faults).toEqual([]);
    expect(readFileSync(join(directory, 'raw/a b/ü.json'), 'utf8')).toBe('ü');
  }
});

test.each([
  ['leads out of the bundle', 'aa/evil', '../evil'],
  ['leads out of the bundle', 'raw/ab/evil', 'raw/../evil'],
  ['leads out of the bundle', 'xtmp/evil-bundle', '/tmp/evil-bundle'],
  ['leads out of the bundle', 'xxevil', 'C:evil'],
  ['leads out of the bundle', 'raw-evil', 'raw\\evil'],
  ['is no plain path', 'raw/x/evil', 'raw/./evil'],
  ['is no plain path', 'raw/xevil', 'raw/\x1bevil'],
])('a name that %s is refused: %s as %j', async (fault, plain, evil) => {
  const file = await zipOf([text, { path: plain, content: 'evil' }]);
  rename(file, plain, evil);
  const { faults, directory, beside } = await unpack(file);
  expect(faults).toHaveLength(2); // the entry, and the line that lists it
  expect(faults[0]).toContain(fault);
  expect(faults.join()).not.toContain('\x1b');
  expect(readdirSync(directory).sort()).toEqual(['manifest-sha256.txt', 'plan.json']);
  expect(beside).toEqual(['unpacked']);
  expect(existsSync('/tmp/evil-bundle')).toBe(false);
});

test('links and devices are refused', async () => {
  const file = await zipOf([
    text,
    { path: 'link', content: '/etc/passwd', options: { mode: 0o120777 } },
    { path: 'device', content: '', options: { mode: 0o020666 } },
  ]);
  const { faults, directory } = await unpack(file);
  expect(faults).toEqual([
    'link: is a symbolic link',
    'device: is no plain file',
    'link: is listed, and cannot be had from the zip',
    'device: is listed, and cannot be had from the zip',
  ]);
  expect(readdirSync(directory).sort()).toEqual(['manifest-sha256.txt', 'plan.json']);
});

test('every fault is told at once', async () => {
  const whole = ['raw/changed.json', 'raw/missing.json', 'raw/renamed.json'].map((path) => ({
    path,
    content: path,
  }));
  const manifest = manifestOf(whole);
  const changed = { path: 'raw/changed.json', content: 'raw/Changed.json' };
  const file = await writeZip(join(root, 'faults.zip'), [
    changed,
    { path: 'raw/other.json', content: 'raw/renamed.json' },
    { ...manifest, content: `${manifest.content}no hash\n${String(manifest.content).split('\n')[0]}\n` },
  ]);
  expect((await unpack(file)).faults).toEqual([
    'manifest-sha256.txt, line 4: not a SHA-256 and a path',
    'manifest-sha256.txt, line 5: names a file that an earlier line has',
    'raw/missing.json: is listed, and cannot be had from the zip',
    'raw/renamed.json: is listed, and cannot be had from the zip',
    'raw/changed.json: is not the file that was listed: its SHA-256 differs',
    'raw/other.json: is not listed in manifest-sha256.txt',
  ]);
});

test('a file that comes twice, or where another has a directory, is a fault', async () => {
  const file = await zipOf([text, { path: 'raw', content: 'file' }, { path: 'raw/x', content: 'in it' }]);
  expect((await unpack(file)).faults.join()).toMatch(/raw\/x: cannot be unpacked: E(EXIST|NOTDIR)/);
  const twice = await writeZip(join(root, 'twice.zip'), [
    text,
    { ...text, content: '[]' },
    manifestOf([text]),
  ]);
  expect((await unpack(twice)).faults).toEqual(['plan.json: is in the zip twice']);
});

describe('what would fill the disk', () => {
  const zeros = Buffer.alloc(4 * 2 ** 20);

  test('is refused by how much it grows', async () => {
    const { faults, directory } = await unpack(await zipOf([text, { path: 'zeros', content: zeros }]));
    expect(faults[0]).toBe('zeros: unpacks to over 400 times its size');
    expect(existsSync(join(directory, 'zeros'))).toBe(false);
  });

  test('is refused by what all files claim together, and by their number, before anything is unpacked', async () => {
    const file = await zipOf([text, { path: 'zeros', content: zeros }]);
    const large = await unpack(file, { bytes: 2 ** 20, ratio: 2000 });
    expect(large.faults).toEqual([
      expect.stringMatching(/^all files together claim \d+ bytes, over 1048576$/),
      'nothing is unpacked',
    ]);
    const many = await unpack(file, { entries: 2 });
    expect(many.faults[0]).toBe('the zip has 3 entries, over 2');
    expect([...large.beside, ...many.beside]).toEqual([]);
  });

  test('is ended where it has more than it claims', async () => {
    const file = await zipOf([text, { path: 'zeros', content: zeros }]);
    const bytes = readFileSync(file);
    const claim = Buffer.alloc(4);
    claim.writeUInt32LE(zeros.length);
    const small = Buffer.alloc(4);
    small.writeUInt32LE(1000);
    let at = bytes.indexOf(claim);
    for (; at !== -1; at = bytes.indexOf(claim, at)) small.copy(bytes, at);
    writeFileSync(file, bytes);
    const { faults, directory } = await unpack(file);
    expect(faults).toEqual([expect.stringMatching(/^zeros: cannot be unpacked: .*(too many bytes|size)/)]);
    expect(readFileSync(join(directory, 'zeros')).length).toBeLessThanOrEqual(1000);
  });
});

test('what is no zip, is cut off, or has no manifest is told in words', async () => {
  const none = join(root, 'none.zip');
  writeFileSync(none, 'not a zip');
  await expect(unpack(none)).rejects.toThrow(InputError);
  const file = await zipOf([text]);
  writeFileSync(none, readFileSync(file).subarray(0, -30));
  await expect(unpack(none)).rejects.toThrow('is no bundle');
  const { faults } = await unpack(await writeZip(join(root, 'bare.zip'), [text]));
  expect(faults).toEqual(['manifest-sha256.txt: is not in the zip']);
});
