import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { installSources } from '../../cloud-init/render';
import type { Role } from '../../config/role';
import { builtInRoles } from '../../config/roles';
import { GuestRoot } from './guest-root';

const root = join(__dirname, '../..');

it('all shell scripts pass shellcheck', () => {
  const scripts = [
    ...new Set([...builtInRoles().values()].flatMap(installSources).filter((file) => file.endsWith('.sh'))),
    'local-node/engine/qemu/private-root.sh',
    'template/customize.sh',
    'template/prepare-moodle.sh',
    'template/rootfs/usr/lib/lab/grow',
    'template/rootfs/etc/systemd/system-generators/cloud-init-generator',
  ];
  expect(scripts.length).toBeGreaterThan(5);
  expect(spawnSync('shellcheck', ['-x', ...scripts], { cwd: root, encoding: 'utf8' })).toMatchObject({
    status: 0,
    stdout: '',
  });
});

/**
 * The install script of Moodle on a tree that has Moodle's command-line interface and nothing else of Moodle.
 */
describe("Moodle's install script", () => {
  let guest: GuestRoot;

  /** A tree with Moodle's command-line interface, made by this test: it is no Moodle. */
  const makeTinyTree = (cliDirectory: string, publicDirectory: string): void => {
    guest.write(`usr/share/moodle/${cliDirectory}/install.php`, 'tiny tree of the tests');
    guest.write(
      `usr/share/moodle/${publicDirectory}version.php`,
      "<?php\n$release  = '5.1.0 (Build: tiny tree)';\n",
    );
  };

  beforeEach(() => {
    guest = new GuestRoot();
    // As Moodle's installer does: config.php comes when the tables are there.
    guest.stub(
      'php',
      `case "$*" in */install.php*) echo '<?php' >"${guest.path('usr/share/moodle/config.php')}" ;; */moodle.php*) cat >/dev/null ;; esac`,
    );
  });
  afterEach(() => guest.remove());

  it.each([
    ['admin/cli', ''],
    ['admin/cli', 'public/'],
    ['public/admin/cli', 'public/'],
  ])('installs a tiny tree with its command line in %s and its site in /%s', (cli, publicDirectory) => {
    makeTinyTree(cli, publicDirectory);
    const { status: code, output } = guest.run('moodle');
    expect(output).toContain('lab: Moodle is installed');
    expect(code).toBe(0);
    expect(guest.status()).toEqual({
      application: 'moodle',
      installed: true,
      version: '5.1.0 (Build: tiny tree)',
      reason: null,
    });
    expect(guest.calls()).toMatch(
      /install\.php --non-interactive --agree-license .*--wwwroot=http:\/\/192\.168\.10\.16/,
    );
    const site = guest.read('etc/apache2/sites-enabled/000-default.conf');
    expect(site).toContain(
      `DocumentRoot ${guest.directory}/usr/share/moodle${publicDirectory ? '/public' : ''}\n`,
    );
  });

  it('does not install again, and keeps the password', () => {
    makeTinyTree('admin/cli', '');
    guest.run('moodle');
    const before = guest.read('root/lab-credentials');
    expect(guest.run('moodle').status).toBe(0);
    expect(guest.calls().match(/^php .*install\.php/gm)).toHaveLength(1);
    expect(guest.read('root/lab-credentials')).toBe(before);
  });

  it('starts over where an installation was cut off', () => {
    makeTinyTree('admin/cli', '');
    guest.stub('mariadb', 'case "$*" in *information_schema*) echo 417 ;; esac');
    expect(guest.run('moodle').status).toBe(0);
    expect(guest.calls()).toContain('mariadb --execute DROP DATABASE moodle');
  });

  it("gives an image's Moodle the guest's address and compiled code instead of installing it again", () => {
    makeTinyTree('admin/cli', '');
    guest.write('usr/share/moodle/config.php', "<?php\n$CFG->wwwroot   = 'http://lab.invalid';\n");
    guest.write('usr/lib/lab/moodle-php/file-cache.ini', 'opcache.file_cache = /somewhere\n');
    mkdirSync(guest.path('etc/php/8.4/apache2/conf.d'), { recursive: true });
    // The database of the image has the tables that the installer made there.
    guest.stub('mariadb', 'case "$*" in *information_schema*) echo 489 ;; esac');
    const { status: code, output } = guest.run('moodle');
    expect(output).toContain('lab: Moodle is installed');
    expect(code).toBe(0);
    expect(guest.calls()).not.toMatch(/install\.php|DROP DATABASE/);
    expect(guest.calls()).toMatch(/^php .*moodle\.php .*config\.php$/m);
    // By one of two addresses, whatever host a reader says, and once, however often it is run.
    const forwarded = "($_SERVER['HTTP_HOST'] ?? '') === '127.0.0.1:20116'";
    const config = guest.read('usr/share/moodle/config.php');
    expect(config).toContain(
      `wwwroot   = ${forwarded} ? 'http://127.0.0.1:20116' : 'http://192.168.10.16';\nif (${forwarded}) {\n`,
    );
    expect(config).toContain("sessioncookie = '20116';");
    expect(guest.run('moodle').status).toBe(0);
    expect(guest.read('usr/share/moodle/config.php')).toBe(config);
    expect(guest.read('etc/php/8.4/apache2/conf.d/90-lab-file-cache.ini')).toContain('opcache.file_cache');
  });

  it('names the way on where a download has no checksum', () => {
    guest.stub('curl', 'case "$*" in *127.0.0.1*) echo x ;; *) exit 22 ;; esac');
    const { output } = guest.run('moodle', { MOODLE_URL: 'https://example.org/moodle.tgz' });
    expect(output).toMatch(/no checksum for https:\/\/example\.org\/moodle\.tgz .*source: template/);
  });

  it('says that Moodle is not installed and why, where its source cannot be had', () => {
    const { status: code } = guest.run('moodle');
    expect(code).toBe(0);
    expect(guest.status()).toMatchObject({ application: 'moodle', installed: false, version: null });
    const page = guest.read('srv/lab/without-moodle/index.html');
    expect(page).toContain('Moodle is not installed');
    expect(page).toContain('could not be downloaded');
    expect(page).not.toContain('Title of the site');
    expect(guest.calls()).not.toContain('install.php');
  });

  it('fails and names the step where the application is required and its source cannot be had', () => {
    const { status: code, output } = guest.run('moodle', { LAB_REQUIRE_APPLICATION: '1' });
    expect(code).not.toBe(0);
    expect(output).toMatch(/step 'download .*' failed|could not be downloaded/);
    expect(guest.status()).toMatchObject({
      installed: false,
      reason: expect.stringContaining('failed with exit code'),
    });
  });

  it('refuses a download whose checksum differs, and leaves no part of it', () => {
    guest.stub(
      'curl',
      `case "$*" in *127.0.0.1*) echo x ;; *.tgz) while [ "$1" != --output ]; do shift; done; echo bytes >"$2" ;; esac`,
    );
    const { output } = guest.run('moodle', {
      MOODLE_URL: 'https://example.org/moodle.tgz',
      MOODLE_SHA256: 'a'.repeat(64),
    });
    expect(output).toContain(`has not the sha256 checksum ${'a'.repeat(64)}`);
    expect(readdirSync(guest.path('var/tmp'))).toEqual([]);
  });

  it('fails when the front page does not carry the title', () => {
    makeTinyTree('admin/cli', '');
    guest.stub('curl', 'echo "<title>It works!</title>"');
    const { status: code, output } = guest.run('moodle');
    expect(code).not.toBe(0);
    expect(output).toContain("does not carry the title 'Title of the site'");
    expect(guest.status()).toMatchObject({
      installed: false,
      reason: expect.stringContaining("step 'ask for /' failed"),
    });
  });
});

describe('what all install scripts share', () => {
  let guest: GuestRoot;
  beforeEach(() => {
    guest = new GuestRoot();
  });
  afterEach(() => guest.remove());

  /** Runs a script of a role that has nothing but it. */
  const runScript = (body: string) => {
    const begin = '#!/bin/bash\nset -euo pipefail\n. "$(dirname "$0")/lib.sh"\nbegin tiny\n';
    guest.write('role/install.sh', `${begin}${body}\n`, 0o755);
    return guest.run({ ...(builtInRoles().get('moodle') as Role), files: [guest.path('role/install.sh')] });
  };

  it('says that a role is for other distributions where it lists no packages for this one', () => {
    rmSync(guest.path('etc/lab/packages.apt'));
    const { status, output } = runScript('install_packages');
    expect(output).toContain('lab: role.yaml lists no packages for apt: the role is for other distributions');
    expect(status).not.toBe(0);
  });

  it('starts a database only where there is one', () => {
    expect(runScript('start_services').status).toBe(0);
    expect(guest.calls()).toMatch(/systemctl is-active --quiet apache2/);
    expect(guest.calls()).not.toContain('mariadb');
    guest.write('usr/lib/systemd/system/mariadb.service', '');
    expect(runScript('start_services').status).toBe(0);
    expect(guest.calls()).toMatch(/systemctl is-active --quiet mariadb/);
  });
});

it('all PHP files have pages that the roles name', () => {
  const slugs = [
    ...readFileSync(join(root, 'cloud-init/install/pages.php'), 'utf8').matchAll(/^ {4}\['([a-z-]+)', '/gm),
  ].map((found) => found[1]);
  expect(slugs).toEqual(['virtual-machines', 'bridges', 'storage', 'images', 'measurement']);
  for (const { pages } of builtInRoles().values()) {
    const read = pages.join(' ').toLowerCase().replaceAll('_', '-');
    for (const slug of ['virtual-machines', 'bridges', 'storage', 'measurement'])
      expect(read).toContain(slug);
  }
});
