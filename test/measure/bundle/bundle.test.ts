import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../../config/input-error';
import { checkBundle } from '../../../measure/bundle/check-bundle';
import { authorOf, licenceOf } from '../../../measure/bundle/publication';
import { unpackBundle } from '../../../measure/bundle/read-bundle';
import { writeBundle } from '../../../measure/bundle/write-bundle';
import { testUnless } from '../../skip';
import { addInventedLoad } from '../fixtures/invented-load';
import { edit, inventedRuns } from '../fixtures/invented-runs';
import { zipOf } from './zips';

// A report is drawn with each bundle, which is slow on a machine that emulates guests at the same time.
jest.setTimeout(120_000);

const { invent, root } = inventedRuns();
const nobody = { licence: null, authors: [] };
const ada = { id: 'https://orcid.org/0000-0001-2345-6789', name: 'Ada Lovelace' };

const emptyDirectory = (): string => mkdtempSync(join(root, 'unpacked-'));
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

function recordedRun(): string {
  const run = invent();
  addInventedLoad(run);
  writeFileSync(join(run, 'raw/lab.yaml'), '# my lab\nname: lab\n');
  edit(join(run, 'raw/environment.json'), (environment) => {
    Object.assign(environment.facts as object, {
      project: 'pve-virtualization-lab 0.0.9',
      projectCommit: 'c0ffee',
      provider: 'bpg/proxmox 0.111.0',
      qemu: 'QEMU emulator version 10.0.2',
      templateKey: 'abc123',
    });
    environment.templatePackages = { nginx: '1.26.3-3', 'linux-image-amd64': '6.12.48-1' };
  });
  return run;
}

interface Crate {
  readonly '@graph': readonly (Readonly<Record<string, unknown>> & { readonly '@id': string })[];
}

describe('a bundle', () => {
  let run: string;
  let file: string;
  let unpacked: string;
  let crate: Crate['@graph'];
  const entity = (id: string) => crate.find((each) => each['@id'] === id);
  beforeAll(async () => {
    run = recordedRun();
    file = join(root, 'bundle.zip');
    await writeBundle(run, file, { licence: licenceOf('CC-BY-4.0'), authors: [ada] }, []);
    unpacked = emptyDirectory();
    expect((await unpackBundle(file, unpacked)).faults).toEqual([]);
    const metadata: Crate = JSON.parse(readFileSync(join(unpacked, 'ro-crate-metadata.json'), 'utf8'));
    crate = metadata['@graph'];
  });

  test('has the same bytes when it is written again, in another time zone and of files with other times', async () => {
    const before = readFileSync(file);
    const zone = process.env.TZ;
    process.env.TZ = 'Asia/Jakarta';
    utimesSync(join(run, 'plan.json'), 1, 1);
    const again = join(root, 'again.zip');
    const { sha256: told } = await writeBundle(
      run,
      again,
      { licence: licenceOf('CC-BY-4.0'), authors: [ada] },
      [],
    );
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    expect(readFileSync(again).equals(before)).toBe(true);
    expect(told).toBe(sha256(before));
  });

  test('holds every raw file as it is, and has hashes that sha256sum confirms', () => {
    const all = readdirSync(join(run, 'raw'), { recursive: true, withFileTypes: true }).filter((each) =>
      each.isFile(),
    );
    expect(all.length).toBeGreaterThan(20);
    for (const { parentPath, name } of all) {
      const original = join(parentPath, name);
      const copy = original.replace(run, unpacked);
      expect(sha256(readFileSync(copy))).toBe(sha256(readFileSync(original)));
    }
    execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'manifest-sha256.txt'], { cwd: unpacked });
  });

  test('describes exactly the files that it holds, and refers to nothing that it does not describe', () => {
    const files = readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((each) => each.isFile())
      .map(({ parentPath, name }) => join(parentPath, name).slice(unpacked.length + 1))
      .filter((path) => !['ro-crate-metadata.json', 'manifest-sha256.txt'].includes(path))
      .sort();
    const described = crate.filter((each) => each['@type'] === 'File').map((each) => each['@id']);
    expect(described).toEqual(files);
    expect(entity('./')?.hasPart).toEqual(files.map((path) => ({ '@id': path })));
    const ids = crate.map((each) => each['@id']);
    expect(new Set(ids).size).toBe(ids.length);
    const wanted = [...JSON.stringify(crate).matchAll(/\{"@id":"([^"]+)"\}/g)].map(([, id]) => id);
    expect(wanted.filter((id) => !ids.includes(id ?? '') && id !== 'https://w3id.org/ro/crate/1.1')).toEqual(
      [],
    );
  });

  test('tells licence, author, emulation, and the version of all that was recorded', () => {
    expect(entity('./')).toMatchObject({
      license: { '@id': 'https://creativecommons.org/licenses/by/4.0/' },
      author: { '@id': ada.id },
      datePublished: '2030-03-17',
      description: expect.stringContaining('Guests were emulated (TCG)'),
    });
    expect(entity(ada.id)).toMatchObject({ '@type': 'Person', name: 'Ada Lovelace' });
    expect(entity('#measured-with')?.softwareVersion).toBe('0.0.9, commit c0ffee');
    expect(entity('#provider')?.softwareVersion).toBe('bpg/proxmox 0.111.0');
    expect(entity('#qemu')?.softwareVersion).toBe('QEMU emulator version 10.0.2');
    expect(entity('#template')).toMatchObject({
      identifier: 'abc123',
      description: expect.stringContaining('its 2 packages'),
    });
    expect(entity('#measuring')).toMatchObject({
      startTime: '2030-03-17T17:46:40+00:00',
      endTime: '2030-03-17T21:39:10+00:00',
      object: [{ '@id': 'plan.json' }, { '@id': 'raw/lab.yaml' }],
    });
    expect(readFileSync(join(unpacked, 'README.md'), 'utf8')).toContain(
      'By Ada Lovelace. Licence: CC-BY-4.0',
    );
  });

  // It fetches RO-Crate's context.
  const { error } = spawnSync('rocrate-validator', ['--version']);
  const validated = testUnless(error && 'no rocrate-validator on PATH (pip install roc-validator)');
  validated('passes roc-validator with both its profiles', async () => {
    for (const profile of ['ro-crate-1.1', 'process-run-crate-0.5']) {
      const args = ['-y', 'validate', '-p', profile, '-l', 'required', '--no-paging', unpacked];
      execFileSync('rocrate-validator', args, { stdio: 'ignore' });
    }
  });

  test('is all that another machine needs to draw the report again, with the same bytes', async () => {
    const checked = await checkBundle(file, emptyDirectory());
    expect(checked.faults).toEqual([]);
    expect(checked.drawn.length).toBeGreaterThanOrEqual(4);
    expect(checked.drawn.filter(({ same }) => !same)).toEqual([]);
    expect(checked.text).toContain('emulated (TCG)');
  });

  test('of a run whose report another version has drawn is as listed, and not the same', async () => {
    const directory = emptyDirectory();
    await unpackBundle(file, directory);
    const other = await zipOf(join(root, 'other.zip'), directory, { 'report.md': '# of another version\n' });
    const { faults, drawn } = await checkBundle(other, emptyDirectory());
    expect(faults).toEqual([]);
    expect(drawn.filter(({ same }) => !same)).toEqual([{ file: 'report.md', same: false }]);
  });
});

describe('what is private', () => {
  const canary = 'canary-5f1d0c';

  test('stays where it is: nothing is taken but the files of a run, and no link is followed', async () => {
    const run = invent();
    const secret = join(root, 'id_ed25519');
    writeFileSync(secret, canary);
    writeFileSync(join(run, 'notes.txt'), canary);
    writeFileSync(join(run, 'raw/token'), canary);
    writeFileSync(join(run, 'raw/resources/key.json.swp'), canary);
    symlinkSync(secret, join(run, 'raw/resources/099-level0.json.lnk'));
    rmSync(join(run, 'report.html'), { force: true });
    symlinkSync(secret, join(run, 'report.html'));
    const before = { ...process.env };
    process.env.PROXMOX_VE_API_TOKEN = canary;
    const file = join(root, 'private.zip');
    const { others } = await writeBundle(run, file, nobody, []);
    process.env = before;
    expect(others).toEqual(['raw/resources/099-level0.json.lnk', 'raw/resources/key.json.swp', 'raw/token']);
    const directory = emptyDirectory();
    await unpackBundle(file, directory);
    const found = execFileSync('sh', ['-c', `grep -rl -e ${canary} -e "$1" . || true`, 'sh', root], {
      cwd: directory,
    });
    expect(String(found)).toBe('');
  });

  test.each([
    ['a private key', '-----BEGIN OPENSSH PRIVATE KEY-----'],
    ['a token of the API', 'root@pam!lab=12345678-9abc-4def-8123-456789abcdef'],
    ['a ticket of the API', `PVE:root@pam:66F00000::${'x'.repeat(40)}`],
    ['a secret of this machine', canary],
  ])('is refused where lab.yaml holds %s, and no bundle is left', async (what, text) => {
    const run = invent();
    writeFileSync(join(run, 'raw/lab.yaml'), `${'# long\n'.repeat(20_000)}# ${text}\nname: lab\n`);
    const file = join(root, 'secret.zip');
    const writing = writeBundle(run, file, nobody, [canary]);
    await expect(writing).rejects.toThrow(InputError);
    await expect(writing).rejects.toThrow(`raw/lab.yaml holds ${what}`);
    await expect(writing).rejects.not.toThrow(text);
    expect(readdirSync(root).filter((name) => name.startsWith('secret.zip'))).toEqual([]);
  });

  test('is told with every file at once', async () => {
    const run = invent();
    writeFileSync(join(run, 'raw/lab.yaml'), `# ${canary}\n`);
    edit(join(run, 'raw/resources/000-level0.json'), (visit) => {
      visit.fault = `refused for ${canary}`;
    });
    const writing = writeBundle(run, join(root, 'two.zip'), nobody, [canary]);
    // What a raw file says comes into what is made of it.
    for (const path of ['raw/lab.yaml', 'raw/resources/000-level0.json', 'report.html', 'summary.json']) {
      await expect(writing).rejects.toThrow(`${path} holds`);
    }
  });
});

test('a run that cannot be read leaves the bundle of before', async () => {
  const run = invent();
  const file = join(root, 'kept.zip');
  writeFileSync(file, 'of before');
  rmSync(join(run, 'raw/environment.json'));
  mkdirSync(join(run, 'raw/environment.json'));
  await expect(writeBundle(run, file, nobody, [])).rejects.toThrow('environment.json');
  expect(readFileSync(file, 'utf8')).toBe('of before');
});

test('a licence is one for data or an address, and an author has a name', () => {
  expect(licenceOf('https://example.org/terms')).toEqual({
    name: 'https://example.org/terms',
    url: 'https://example.org/terms',
  });
  expect(() => licenceOf('CC-BY')).toThrow('CC-BY-4.0');
  expect(authorOf('Ada Lovelace <https://orcid.org/0000-0001-2345-6789>', 0)).toEqual(ada);
  expect(authorOf('Ada Lovelace', 1)).toEqual({ id: '#author-2', name: 'Ada Lovelace' });
  expect(() => authorOf('<https://orcid.org/0000-0001-2345-6789>', 0)).toThrow(InputError);
});
