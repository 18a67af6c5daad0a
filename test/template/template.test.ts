import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { builtInRoles, rolesBeside } from '../../config/roles';
import { debianMirror, parseDeb822, parseOneLine, sourcesList } from '../../template/apt-sources';
import { withBuildLock } from '../../template/build-lock';
import { DISK_BYTES, masterBootRecord } from '../../template/disk';
import { type HostTool, installCommand, missingTools } from '../../template/host-tools';
import { moodleRelease, moodleSource, writeMoodleTar } from '../../template/moodle-source';
import { MOODLE_SCRIPTS, readFromTar, templatePackages } from '../../template/root-filesystem';
import { ensureTemplate, templateFile } from '../../template/template';
import { templateInputs, templateKey } from '../../template/template-key';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'template-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** A tree with the one file by which Moodle's source is known, made by this test: it is no Moodle. */
function makeTinyTree(name = 'tiny-tree'): string {
  const tree = join(directory, name);
  mkdirSync(join(tree, 'admin/cli'), { recursive: true });
  writeFileSync(join(tree, 'admin/cli/install.php'), 'tiny tree of the tests');
  return tree;
}

describe('the key of a template', () => {
  it('is of what goes into the image: no source file of the builder is among it', () => {
    const inputs = templateInputs(builtInRoles());
    expect(inputs.join('\n')).not.toMatch(/^import .* from '/m);
    expect(inputs).toEqual(templateInputs(builtInRoles()));
  });

  it.each([
    ['a package', /^--include=.*\blinux-image-cloud-amd64\b/],
    ['an option of the package manager', /^--dpkgopt=path-exclude=/],
    ['the suite of Debian', /^trixie$/],
    [
      "the kernel's parameters and the file systems' options",
      /mitigations=off.*lab-root.*compression_type=zstd/,
    ],
    ['the partitions', /55aa$/],
    ['a file that is copied in', /^rootfs\/usr\/lib\/lab\/grow\0x\0#!/],
    ['a script that runs in the image', /^customize\.sh\0/],
    ["a guest's own script that prepares Moodle", /^moodle\.install\.sh\0/],
  ])('changes with %s', (_, input) => {
    const inputs = templateInputs(builtInRoles());
    const index = inputs.findIndex((each) => input.test(each));
    expect(index).toBeGreaterThanOrEqual(0);
    const changed = inputs.with(index, `${inputs[index]} changed`);
    expect(templateKey({}, changed)).not.toBe(templateKey({}, inputs));
  });
});

describe("the host's apt sources", () => {
  const deb822 = `# a comment
Types: deb deb-src
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/some.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: trixie
`;

  it('give the mirror, its security archive and its keyring (deb822)', () => {
    expect(debianMirror(parseDeb822(deb822))).toEqual({
      uri: 'http://mirror.example/debian',
      securityUri: 'http://mirror.example/debian-security',
      keyring: '/usr/share/keyrings/some.gpg',
    });
  });

  it('give the same in the one-line format', () => {
    const lines = `# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/some.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian-security bookworm-security main
deb http://packages.example/apt cloud-sdk-bookworm main
`;
    expect(debianMirror(parseOneLine(lines))).toEqual(debianMirror(parseDeb822(deb822)));
  });

  it("that name no Debian give Debian's own address", () => {
    expect(debianMirror(parseOneLine('deb http://archive.ubuntu.com/ubuntu noble main\n')).uri).toBe(
      'http://deb.debian.org/debian',
    );
  });

  it('become signed sources of the suite, its updates and its security fixes', () => {
    const lines = sourcesList(debianMirror(parseDeb822(deb822)), 'trixie')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(3);
    for (const line of lines)
      expect(line).toMatch(/^deb \[signed-by=\/\S+\] http:\/\/mirror\.example\/\S+ trixie/);
  });
});

describe('the key of the template', () => {
  it('is the same for the same inputs, and changes with the source of Moodle', () => {
    const tree = makeTinyTree();
    const key = templateKey({ MOODLE_SOURCE: tree });
    expect(templateKey({ MOODLE_SOURCE: tree })).toBe(key);
    expect(templateKey({})).not.toBe(key);
    writeFileSync(join(tree, 'version.php'), 'x');
    expect(templateKey({ MOODLE_SOURCE: tree })).not.toBe(key);
  });

  it('covers the scripts that install Moodle in the image, and all of them are there', () => {
    expect(MOODLE_SCRIPTS.map((file) => basename(file))).toEqual([
      'prepare-moodle.sh',
      'moodle.install.sh',
      'moodle.php',
      'pages.php',
    ]);
    for (const file of MOODLE_SCRIPTS) expect(statSync(file).size).toBeGreaterThan(0);
  });

  it('says where the template would be, below XDG_CACHE_HOME', () => {
    const template = templateFile({ XDG_CACHE_HOME: directory });
    expect(template).toMatchObject({
      exists: false,
      path: join(directory, `pve-virtualization-lab/template-${template.key}.qcow2`),
    });
  });
});

it('refuses a build without its tools, and names the package of each', async () => {
  if (process.getuid?.() === undefined) throw new Error('this test needs a POSIX system');
  const missing: HostTool[] = missingTools('', true, [
    { tool: 'no-such-tool', package: 'first' },
    { tool: 'no-such-file', package: 'second', file: join(directory, 'absent') },
    { tool: 'sh', package: 'third' },
    { tool: 'needed-by-others', package: 'fourth', ordinaryUserOnly: true },
  ]);
  expect(missing.map((tool) => tool.tool)).toEqual(['no-such-tool', 'no-such-file']);
  expect(installCommand(missing)).toBe('sudo apt-get install --no-install-recommends first second');
});

it('refuses a MOODLE_SOURCE that is none before anything is built', async () => {
  const env = { XDG_CACHE_HOME: directory, MOODLE_SOURCE: join(directory, 'absent') };
  await expect(ensureTemplate({ env, log: () => undefined })).rejects.toThrow(
    /MOODLE_SOURCE: .*absent is no directory/,
  );
  mkdirSync(join(directory, 'empty'));
  expect(() => moodleSource({ MOODLE_SOURCE: join(directory, 'empty') })).toThrow(/no Moodle source tree/);
});

it("bakes Moodle's tree with its top directory taken off, from a directory and from a tar file", async () => {
  const tree = makeTinyTree('moodle');
  const fromDirectory = join(directory, 'a.tar');
  await writeMoodleTar(moodleSource({ MOODLE_SOURCE: tree }), fromDirectory);
  expect(await readFromTar(fromDirectory, 'admin/cli/install.php')).toBe('tiny tree of the tests');

  mkdirSync(join(directory, 'wrapped'));
  const { execFileSync } = await import('node:child_process');
  const tarball = join(directory, 'wrapped.tgz');
  execFileSync('tar', ['-czf', tarball, '-C', directory, 'moodle']);
  const fromTarball = join(directory, 'b.tar');
  await writeMoodleTar(moodleSource({ MOODLE_SOURCE: tarball }), fromTarball);
  expect(await readFromTar(fromTarball, 'admin/cli/install.php')).toBe('tiny tree of the tests');
});

it("reads Moodle's release from its version.php", () => {
  expect(moodleRelease("<?php\n$release  = '5.1.3+ (Build: 20260410)';// comment\n")).toBe(
    '5.1.3+ (Build: 20260410)',
  );
  expect(moodleRelease('<?php\n')).toBeNull();
});

it("leaves mmdebstrap's own apt configuration in /tmp of the root file system, so that the host's package lists stay", () => {
  const script = readFileSync(join(__dirname, '../../template/customize.sh'), 'utf8');
  expect(script).not.toMatch(/\brm\b[^\n]* \/tmp\/\*/);
  expect(script).toMatch(/find \/tmp [^\n]*! -name 'mmdebstrap\.\*'/);
});

it('makes a master boot record with an active FAT partition and a Linux one up to the end of the disk', () => {
  const record = masterBootRecord(Buffer.alloc(440, 1), DISK_BYTES);
  expect(record.readUInt16LE(510)).toBe(0xaa55);
  expect([record[446], record[450], record[462], record[466]]).toEqual([0x80, 0x0e, 0, 0x83]);
  const end = record.readUInt32LE(470) + record.readUInt32LE(474);
  expect(end * 512).toBe(DISK_BYTES);
  expect(record.readUInt32LE(454) + record.readUInt32LE(458)).toBe(record.readUInt32LE(470));
  expect(() => masterBootRecord(Buffer.alloc(441), DISK_BYTES)).toThrow(/441 bytes/);
});

it('installs the packages of roles beside lab.yaml too, of which its key depends', () => {
  const own = join(__dirname, '../fixtures/own-role/lab.yaml');
  const added = templatePackages(rolesBeside(own)).filter(
    (name) => !templatePackages(builtInRoles()).includes(name),
  );
  expect(added).toEqual(['dokuwiki']);
  expect(templateFile({ LAB_FILE: own }).key).not.toBe(templateFile({}).key);
});

it('installs the packages of all roles and the guest agent', () => {
  expect(templatePackages(builtInRoles())).toEqual(
    expect.arrayContaining([
      'qemu-guest-agent',
      'cloud-init',
      'wordpress',
      'mediawiki',
      'mariadb-server',
      'php-soap',
    ]),
  );
  for (const name of templatePackages(builtInRoles())) expect(name).toMatch(/^[a-z0-9][a-z0-9+.-]+$/);
});

describe('the lock of the build', () => {
  const quick = { log: () => undefined, pollMilliseconds: 1 };

  it('lets one at a time in', async () => {
    const order: string[] = [];
    const lines: string[] = [];
    let second: Promise<void> | undefined;
    await withBuildLock(directory, quick, async () => {
      await new Promise<void>((resolve) => {
        const log = (line: string): void => {
          lines.push(line);
          resolve();
        };
        second = withBuildLock(directory, { ...quick, log }, async () => void order.push('second'));
      });
      order.push('first');
    });
    await second;
    expect(order).toEqual(['first', 'second']);
    expect(lines).toEqual([`template: waiting for the build of process ${process.pid}`]);
  });

  it('is given back after an error', async () => {
    await expect(
      withBuildLock(directory, quick, async () => {
        throw new Error('broken');
      }),
    ).rejects.toThrow('broken');
    await expect(withBuildLock(directory, quick, async () => 'free again')).resolves.toBe('free again');
  });
});
