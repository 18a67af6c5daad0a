import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import {
  environmentFile,
  guestUserData,
  roleVendorData,
  type UserDataOptions,
} from '../../cloud-init/render';
import type { Role } from '../../config/role';
import { builtInRoles } from '../../config/roles';
import { checkUserData } from '../../setup/cloud-init-schema';

const roles = [...builtInRoles().values()];
const roleOf = (key: string): Role => builtInRoles().get(key) as Role;
const options = (role: Role): UserDataOptions => ({
  title: role.title,
  name: `guest-${role.key}`,
  address: '192.168.10.16',
  forwarded: '127.0.0.1:20116',
  requireApplication: false,
});

interface VendorData {
  write_files: { path: string; content: string; permissions?: string; encoding?: string }[];
  runcmd: string[][];
}
const vendorData = (role: Role): VendorData => parse(roleVendorData(role)) as VendorData;

describe('user-data', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'user-data-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("passes cloud-init's own schema check, which refuses what is wrong", async () => {
    const written = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const rendered = roles.flatMap((role) => [
      written(`${role.key}.yaml`, roleVendorData(role)),
      written(`guest-${role.key}.yaml`, guestUserData(options(role))),
    ]);
    const broken = join(directory, 'broken.yaml');
    writeFileSync(broken, '#cloud-config\nruncmd: 5\n');
    const deprecated = join(directory, 'deprecated.yaml');
    writeFileSync(deprecated, '#cloud-config\napt_update: true\n');

    const verdicts = await checkUserData([broken, ...rendered, deprecated], process.env);
    const [refused, ...others] = verdicts;
    expect(refused).toEqual({ valid: false, message: expect.stringContaining('runcmd') });
    expect(others.pop()).toEqual({ valid: false, message: expect.stringContaining('apt_update') });
    expect(others).toHaveLength(2 * roles.length);
    for (const verdict of others) expect(verdict).toEqual({ valid: true, message: expect.anything() });
  }, 60_000);

  it.each(roles)('of role $key carries every file that its commands run', (role) => {
    const { write_files, runcmd } = vendorData(role);
    const paths = write_files.map((file) => file.path);
    for (const command of runcmd) expect(paths).toContain(command.at(-1));
    expect(paths).toEqual([...new Set(paths)]);
  });

  it.each(roles)(
    "of role $key and of its guest have no key in common: cloud-init would take the guest's alone",
    (role) => {
      const own = Object.keys(parse(guestUserData(options(role))) as object);
      expect(own.filter((key) => key in vendorData(role))).toEqual([]);
    },
  );

  it("gives a guest its host name, and writes the role's parameters to a file at every boot", () => {
    const own = parse(guestUserData({ ...options(roleOf('moodle')), name: 'it' })) as {
      hostname: string;
      bootcmd: [[string, ...string[]]];
    };
    expect(own.hostname).toBe('it');
    const [[command, ...args]] = own.bootcmd;
    const inGuest = args.map((arg) => arg.replaceAll('/etc/lab', `${directory}/etc/lab`));
    for (const _boot of [1, 2]) execFileSync(command, inGuest);
    const read = `. ${directory}/etc/lab/guest.env; echo "$LAB_NAME $LAB_ADDRESS $LAB_TITLE $LAB_REQUIRE_APPLICATION"`;
    expect(execFileSync('sh', ['-c', read], { encoding: 'utf8' })).toBe(
      'it 192.168.10.16 Virtualization Lab Moodle 0\n',
    );
  });

  it.each([
    ['has no status', undefined, []],
    ['has an empty status', '', []],
    ['has a status', '{}', ['config_runcmd', 'config_scripts_user', 'config_write_files']],
  ])(
    'lets the install script run again at a boot where the guest %s, as after a power cut',
    (_, status, kept) => {
      const { bootcmd } = parse(guestUserData(options(roleOf('moodle')))) as {
        bootcmd: [string, ...string[]][];
      };
      const [command, ...args] = bootcmd[1] ?? [''];
      const root = mkdtempSync(join(directory, 'guest-'));
      const marks = join(root, 'var/lib/cloud/instance/sem');
      mkdirSync(marks, { recursive: true });
      mkdirSync(join(root, 'var/lib/lab'), { recursive: true });
      const all = ['config_runcmd', 'config_scripts_user', 'config_write_files', 'config_users_groups'];
      for (const mark of all) writeFileSync(join(marks, mark), '');
      if (status !== undefined) writeFileSync(join(root, 'var/lib/lab/status.json'), status);
      execFileSync(
        command,
        args.map((arg) => arg.replaceAll('/var/lib', `${root}/var/lib`)),
      );
      expect(readdirSync(marks).sort()).toEqual([...kept, 'config_users_groups'].sort());
    },
  );

  it('carries the scripts of its own role only', () => {
    const paths = vendorData(roleOf('moodle')).write_files.map((file) => file.path);
    expect(paths.filter((path) => /wordpress|mediawiki/.test(path))).toEqual([]);
  });

  it('carries files of a role that are no text as they are', () => {
    const logo = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 255]);
    writeFileSync(join(directory, 'logo.png'), logo);
    const role = { ...roleOf('moodle'), files: [...roleOf('moodle').files, join(directory, 'logo.png')] };
    const file = vendorData(role).write_files.find(({ path }) => path === '/usr/local/lib/lab/logo.png');
    expect(file).toMatchObject({ encoding: 'b64', permissions: '0644' });
    expect(Buffer.from(file?.content ?? '', 'base64')).toEqual(logo);
  });

  it('lists no packages for a package manager that the role does not know', () => {
    const role = { ...roleOf('moodle'), packages: { apt: ['apache2'] } };
    const lists = vendorData(role).write_files.filter(({ path }) => path.startsWith('/etc/lab/'));
    expect(lists).toMatchObject([{ path: '/etc/lab/packages.apt', content: 'apache2\n' }]);
  });

  it('is the same for the same options', () => {
    expect(guestUserData(options(roleOf('moodle')))).toBe(guestUserData(options(roleOf('moodle'))));
    expect(roleVendorData(roleOf('moodle'))).toBe(roleVendorData(roleOf('moodle')));
  });

  it('names every bad option at once', () => {
    const bad = {
      title: 'Title',
      name: 'not a name',
      address: '192.168.10.256',
      forwarded: '192.168.10.1:80',
      requireApplication: true,
      moodleUrl: 'ftp://x',
      moodleSha256: 'abc',
    };
    expect(() => guestUserData(bad)).toThrow(
      /not a name.*192\.168\.10\.256.*192\.168\.10\.1:80.*ftp:\/\/x.*abc/s,
    );
  });

  it('passes parameters through the environment file exactly, whatever they hold', () => {
    const text = fc.string({ unit: fc.constantFrom("'", '"', '$', '\\', '`', ' ', 'a', 'é', ';', '\n') });
    fc.assert(
      fc.property(text, (value) => {
        const script = `${environmentFile({ VALUE: value })}printf %s "$VALUE"`;
        expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe(value);
      }),
      { numRuns: 40 },
    );
  });

  it.each(roles)('of role $key lists its packages for both package managers, a line each', (role) => {
    const listed = (family: string): string =>
      vendorData(role).write_files.find(({ path }) => path === `/etc/lab/packages.${family}`)?.content ?? '';
    expect(listed('apt')).toMatch(/^(.+\n)*apache2\n(.+\n)*mariadb-server\n(.+\n)*$/);
    expect(listed('dnf')).toMatch(/^(.+\n)*httpd\n(.+\n)*mariadb-server\n(.+\n)*$/);
  });
});
