import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { environmentFile } from '../../cloud-init/render';

const root = join(__dirname, '../..');
const installDirectory = join(root, 'cloud-init/install');

it('all shell scripts pass shellcheck', () => {
  const scripts = [
    ...readdirSync(installDirectory)
      .filter((name) => name.endsWith('.sh'))
      .map((name) => join('cloud-init/install', name)),
    'images/customize.sh',
    'images/prepare-moodle.sh',
    'images/rootfs/usr/lib/lab/grow',
    'images/rootfs/etc/systemd/system-generators/cloud-init-generator',
  ];
  expect(scripts.length).toBeGreaterThan(5);
  expect(spawnSync('shellcheck', ['-x', ...scripts], { cwd: root, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stdout: '',
  });
});

/**
 * The install script of Moodle on a tree that has Moodle's command-line interface and nothing else of Moodle, in a
 * temporary root. The commands that need a real guest are replaced by stubs that note how they were called.
 */
describe("Moodle's install script", () => {
  let guest: string;
  const calls = (): string =>
    existsSync(join(guest, 'calls')) ? readFileSync(join(guest, 'calls'), 'utf8') : '';
  const status = (): unknown => JSON.parse(readFileSync(join(guest, 'var/lib/lab/status.json'), 'utf8'));

  const write = (path: string, content: string, mode = 0o644): void => {
    mkdirSync(dirname(join(guest, path)), { recursive: true });
    writeFileSync(join(guest, path), content);
    chmodSync(join(guest, path), mode);
  };
  const stub = (name: string, body = ''): void =>
    write(
      `bin/${name}`,
      `#!/bin/bash\nprintf '%s\\n' "${name} $*" >>"${join(guest, 'calls')}"\n${body}\n`,
      0o755,
    );

  /** A tree with Moodle's command-line interface, made by this test: it is no Moodle. */
  const makeTinyTree = (cliDirectory: string, publicDirectory: string): void => {
    write(`usr/share/moodle/${cliDirectory}/install.php`, 'tiny tree of the tests');
    write(
      `usr/share/moodle/${publicDirectory}version.php`,
      "<?php\n$release  = '5.1.0 (Build: tiny tree)';\n",
    );
  };

  const runScript = (parameters: Record<string, string> = {}): { status: number | null; output: string } => {
    write(
      'etc/lab/guest.env',
      environmentFile({
        LAB_NAME: 'moodle',
        LAB_ADDRESS: '192.168.10.16',
        LAB_TITLE: 'Title of the site',
        LAB_REQUIRE_APPLICATION: '0',
        ...parameters,
      }),
    );
    const result = spawnSync('bash', [join(installDirectory, 'moodle.sh')], {
      encoding: 'utf8',
      env: { PATH: `${join(guest, 'bin')}:/usr/bin:/bin`, LAB_ROOT: guest },
    });
    return { status: result.status, output: result.stdout + result.stderr };
  };

  beforeEach(() => {
    guest = mkdtempSync(join(tmpdir(), 'moodle-guest-'));
    write('etc/lab/packages.apt', '');
    stub('apt-get');
    stub('systemctl');
    stub('mariadb', 'case "$*" in *information_schema*) echo 0 ;; esac');
    stub('chown');
    stub('runuser', 'shift 3; "$@"');
    // As Moodle's installer does: config.php comes when the tables are there.
    stub(
      'php',
      `case "$*" in */install.php*) echo '<?php' >"${join(guest, 'usr/share/moodle/config.php')}" ;; -r*) exit 0 ;; */moodle.php*) cat >"${join(guest, 'password-seen')}" ;; esac`,
    );
    stub(
      'curl',
      'case "$*" in *127.0.0.1*) echo "<title>Title of the site</title>" ;; *) echo "curl: (6) no such host" >&2; exit 6 ;; esac',
    );
  });
  afterEach(() => rmSync(guest, { recursive: true, force: true }));

  it.each([
    ['admin/cli', ''],
    ['admin/cli', 'public/'],
    ['public/admin/cli', 'public/'],
  ])('installs a tiny tree with its command line in %s and its site in /%s', (cli, publicDirectory) => {
    makeTinyTree(cli, publicDirectory);
    const { status: code, output } = runScript();
    expect(output).toContain('lab: Moodle is installed');
    expect(code).toBe(0);
    expect(status()).toEqual({
      application: 'moodle',
      installed: true,
      version: '5.1.0 (Build: tiny tree)',
      reason: null,
    });
    expect(calls()).toMatch(
      /install\.php --non-interactive --agree-license .*--wwwroot=http:\/\/192\.168\.10\.16/,
    );
    const site = readFileSync(join(guest, 'etc/apache2/sites-enabled/000-default.conf'), 'utf8');
    expect(site).toContain(`DocumentRoot ${guest}/usr/share/moodle${publicDirectory ? '/public' : ''}\n`);
  });

  it('keeps the password in a file for root only, and out of every argument list', () => {
    makeTinyTree('admin/cli', '');
    runScript();
    const file = join(guest, 'root/lab-credentials');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const password = /ADMIN_PASSWORD=(\S+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
    expect(password.length).toBeGreaterThan(20);
    expect(readFileSync(join(guest, 'password-seen'), 'utf8').trim()).toBe(password);
    expect(calls()).not.toContain(password);
  });

  it('does not install again, and keeps the password', () => {
    makeTinyTree('admin/cli', '');
    runScript();
    const before = readFileSync(join(guest, 'root/lab-credentials'), 'utf8');
    expect(runScript().status).toBe(0);
    expect(calls().match(/^php .*install\.php/gm)).toHaveLength(1);
    expect(readFileSync(join(guest, 'root/lab-credentials'), 'utf8')).toBe(before);
  });

  it('starts over where an installation was cut off', () => {
    makeTinyTree('admin/cli', '');
    stub('mariadb', 'case "$*" in *information_schema*) echo 417 ;; esac');
    expect(runScript().status).toBe(0);
    expect(calls()).toContain('mariadb --execute DROP DATABASE moodle');
  });

  it("gives an image's Moodle the guest's address and compiled code instead of installing it again", () => {
    makeTinyTree('admin/cli', '');
    write('usr/share/moodle/config.php', "<?php\n$CFG->wwwroot   = 'http://lab.invalid';\n");
    write('usr/lib/lab/moodle-php/file-cache.ini', 'opcache.file_cache = /somewhere\n');
    mkdirSync(join(guest, 'etc/php/8.4/apache2/conf.d'), { recursive: true });
    // The database of the image has the tables that the installer made there.
    stub('mariadb', 'case "$*" in *information_schema*) echo 489 ;; esac');
    const { status: code, output } = runScript();
    expect(output).toContain('lab: Moodle is installed');
    expect(code).toBe(0);
    expect(calls()).not.toMatch(/install\.php|DROP DATABASE/);
    expect(calls()).toMatch(/^php .*moodle\.php .*config\.php$/m);
    expect(readFileSync(join(guest, 'usr/share/moodle/config.php'), 'utf8')).toContain(
      "wwwroot   = 'http://192.168.10.16';",
    );
    expect(readFileSync(join(guest, 'etc/php/8.4/apache2/conf.d/90-lab-file-cache.ini'), 'utf8')).toContain(
      'opcache.file_cache',
    );
  });

  it('names the way on where a download has no checksum', () => {
    stub('curl', 'case "$*" in *127.0.0.1*) echo x ;; *) exit 22 ;; esac');
    const { output } = runScript({ MOODLE_URL: 'https://example.org/moodle.tgz' });
    expect(output).toMatch(/no checksum for https:\/\/example\.org\/moodle\.tgz .*source: template/);
  });

  it('says that Moodle is not installed and why, where its source cannot be had', () => {
    const { status: code } = runScript();
    expect(code).toBe(0);
    expect(status()).toMatchObject({ application: 'moodle', installed: false, version: null });
    const page = readFileSync(join(guest, 'srv/lab/without-moodle/index.html'), 'utf8');
    expect(page).toContain('Moodle is not installed');
    expect(page).toContain('could not be downloaded');
    expect(page).not.toContain('Title of the site');
    expect(calls()).not.toContain('install.php');
  });

  it('fails and names the step where the application is required and its source cannot be had', () => {
    const { status: code, output } = runScript({ LAB_REQUIRE_APPLICATION: '1' });
    expect(code).not.toBe(0);
    expect(output).toMatch(/step 'download .*' failed|could not be downloaded/);
    expect(status()).toMatchObject({
      installed: false,
      reason: expect.stringContaining('failed with exit code'),
    });
  });

  it('refuses a download whose checksum differs, and leaves no part of it', () => {
    stub(
      'curl',
      `case "$*" in *127.0.0.1*) echo x ;; *.tgz) while [ "$1" != --output ]; do shift; done; echo bytes >"$2" ;; esac`,
    );
    const { output } = runScript({
      MOODLE_URL: 'https://example.org/moodle.tgz',
      MOODLE_SHA256: 'a'.repeat(64),
    });
    expect(output).toContain(`has not the sha256 checksum ${'a'.repeat(64)}`);
    expect(readdirSync(join(guest, 'var/tmp'))).toEqual([]);
  });

  it('fails when the front page does not carry the title', () => {
    makeTinyTree('admin/cli', '');
    stub('curl', 'echo "<title>It works!</title>"');
    const { status: code, output } = runScript();
    expect(code).not.toBe(0);
    expect(output).toContain("does not carry the title 'Title of the site'");
    expect(status()).toMatchObject({
      installed: false,
      reason: expect.stringContaining("step 'ask for /' failed"),
    });
  });
});

it('all PHP files have pages that the roles name', () => {
  const slugs = [
    ...readFileSync(join(installDirectory, 'pages.php'), 'utf8').matchAll(/^ {4}\['([a-z-]+)', '/gm),
  ].map((found) => found[1]);
  expect(slugs).toEqual(['virtual-machines', 'bridges', 'storage', 'images', 'measurement']);
  expect(
    execFileSync('grep', ['-c', 'virtual-machines', join(root, 'cloud-init/roles.ts')], {
      encoding: 'utf8',
    }).trim(),
  ).not.toBe('0');
});
