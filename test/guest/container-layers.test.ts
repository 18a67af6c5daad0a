import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerEngine } from '../../local-node/engine/container-engine';
import { LxcEngine } from '../../local-node/engine/lxc/lxc-engine';
import { removeTree } from '../../local-node/namespace/id-maps';
import { Namespace } from '../../local-node/namespace/namespace';

/** Containers of one template share its files, as far as the machine's overlayfs allows. */
jest.setTimeout(120_000);

const stateDir = mkdtempSync(join(tmpdir(), 'layers, of:containers-'));
const archive = join(stateDir, 'mini.tar.zst');
const bases = join(stateDir, 'templates');
const [one, two, copy] = ['101', '102', '103'].map((name) => join(stateDir, 'images', name, 'root')) as [
  string,
  string,
  string,
];
let namespace: Namespace;
let engine: ContainerEngine;

async function begin(): Promise<void> {
  namespace = await Namespace.ensure(stateDir);
  engine = await LxcEngine.create({ stateDir, namespace });
  await engine.recover();
}

beforeAll(async () => {
  execFileSync('bash', [join(__dirname, 'mini-root.sh'), archive]);
  for (const root of [one, two, copy]) mkdirSync(join(root, '..'), { recursive: true });
  await begin();
});

afterAll(async () => {
  await Namespace.remove(stateDir);
  await removeTree(stateDir);
});

const inside = (line: string, root: string) => namespace.run(['sh', '-c', `cd "$0" && ${line}`, root]);
const hostname = { path: '/etc/hostname', text: 'one\n' };

test('the second container of a template is made without reading it again', async () => {
  const first = await engine.extractTemplate(archive, one);
  expect(first).toEqual({ bytes: expect.any(Number), reused: false });
  expect(await engine.extractTemplate(archive, two)).toEqual({ bytes: first.bytes, reused: true });
  expect(readdirSync(bases)).toHaveLength(1);
  expect(await engine.inspect(two)).toMatchObject({ os: 'debian' });
});

test('what one container changes, removes and puts in the place of another is seen in it alone', async () => {
  await engine.writeFiles(one, [hostname]);
  await inside('rm etc/os-release && rm -r var && mkdir var && chown 100000:100000 var', one);
  expect(await inside('cat etc/hostname; ls etc/os-release 2>&1 || true', one)).toMatch(
    /^one\n.*No such file/,
  );
  expect(await inside('cat etc/os-release; ls etc/hostname 2>&1 || true', two)).toMatch(
    /^ID=debian\n.*No such/,
  );
  expect(await inside('stat -c %u:%g bin/busybox etc/passwd .', two)).toBe('100000:100000\n'.repeat(3));
});

test('a copy has the changes, costs no more than they, and goes its own way', async () => {
  await engine.copy(one, copy);
  expect(readdirSync(copy).sort()).toEqual(['base', 'upper', 'work']);
  await engine.writeFiles(copy, [{ path: '/etc/hostname', text: 'copy\n' }]);
  expect(await inside('cat etc/hostname; ls etc/os-release 2>&1 || true', copy)).toMatch(
    /^copy\n.*No such file/,
  );
  expect(await inside('cat etc/hostname', one)).toBe('one\n');
});

test('after the namespace has gone, with the node or the machine, all is there again', async () => {
  await Namespace.remove(stateDir);
  await begin();
  expect(await engine.inspect(two)).toMatchObject({ os: 'debian' });
  for (const root of [one, copy]) await engine.show(root);
  expect(await inside('cat etc/hostname', copy)).toBe('copy\n');
  expect(await inside('cat etc/hostname; ls etc/os-release 2>&1 || true', one)).toMatch(
    /^one\n.*No such file/,
  );
});

test('a template is kept for as long as it is there or a container stands on it, and no longer', async () => {
  for (const root of [one, two]) await engine.remove(root);
  rmSync(archive);
  await engine.tidyTemplates();
  expect(readdirSync(bases)).toHaveLength(1);
  expect(await inside('cat etc/hostname', copy)).toBe('copy\n');
  await engine.remove(copy);
  expect(readdirSync(bases)).toEqual([]);
  expect(existsSync(copy)).toBe(false);
});

test('a template that is there again under another name is known by its content', async () => {
  execFileSync('bash', [join(__dirname, 'mini-root.sh'), archive]);
  await engine.extractTemplate(archive, one);
  copyFileSync(archive, `${archive}.zst`);
  expect(await engine.extractTemplate(`${archive}.zst`, two)).toMatchObject({ reused: true });
  rmSync(archive);
  for (const root of [one, two]) await engine.remove(root);
  expect(readdirSync(bases)).toHaveLength(1);
  rmSync(`${archive}.zst`);
  await engine.tidyTemplates();
  expect(readdirSync(bases)).toEqual([]);
});

test('a template that is broken leaves nothing, nor does an extraction that a kill cut off', async () => {
  execFileSync('sh', ['-c', 'head -c 4096 /dev/urandom >"$0"', archive]);
  await expect(engine.extractTemplate(archive, one)).rejects.toThrow();
  expect(readdirSync(bases)).toEqual([]);
  mkdirSync(join(bases, 'cafe.new', 'root', 'etc'), { recursive: true });
  await engine.recover();
  expect(readdirSync(bases)).toEqual([]);
});

test('a disk that is full fails the creation in words, and leaves nothing', async () => {
  execFileSync('bash', [join(__dirname, 'mini-root.sh'), archive]);
  // In the node's namespace, which extracts, the templates lie on a disk that is too small.
  await namespace.run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', bases]);
  try {
    await expect(engine.extractTemplate(archive, one)).rejects.toThrow(/No space left on device/);
    expect(await namespace.run(['ls', '-A', bases])).toBe('');
  } finally {
    await namespace.run(['umount', bases]);
  }
  await engine.tidyTemplates(); // what this process has made beneath the mount, which it does not see
  expect(existsSync(one)).toBe(false);
  expect(await engine.extractTemplate(archive, one)).toMatchObject({ reused: false });
  await engine.remove(one);
  rmSync(archive);
  await engine.tidyTemplates();
});

test('a root file system that holds what a layer is made of is none', async () => {
  execFileSync('bash', [join(__dirname, 'mini-root.sh'), archive]);
  await engine.extractTemplate(archive, two);
  await engine.extract(archive, one);
  await inside('mkdir upper work && echo "$(ls ..)" >base && chown -R 100000:100000 .', one);
  await engine.writeFiles(one, [hostname]);
  expect(await inside('ls -d bin etc/hostname base && ! mountpoint -q .', one)).toBe(
    'base\nbin\netc/hostname\n',
  );
  for (const root of [one, two]) await engine.remove(root);
});

test('on another file system than the extracted templates each container gets all files of its own', async () => {
  const elsewhere = mkdtempSync('/dev/shm/containers-');
  if (statSync(elsewhere).dev === statSync(stateDir).dev) return console.log('skipped: there is only one');
  try {
    const root = join(elsewhere, 'root');
    expect(await engine.extractTemplate(archive, root)).toMatchObject({ reused: false });
    expect(await inside('cat etc/os-release && ! mountpoint -q .', root)).toBe('ID=debian\n');
    await engine.extractTemplate(archive, one);
    await engine.copy(one, join(elsewhere, 'copy'));
    expect(await inside('cat etc/os-release && ! mountpoint -q .', join(elsewhere, 'copy'))).toBe(
      'ID=debian\n',
    );
  } finally {
    await removeTree(elsewhere);
  }
});
