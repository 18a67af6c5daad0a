import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
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
import { ROLES, rolePackages } from '../../cloud-init/roles';
import type { Role } from '../../config/lab';
import { checkUserData } from '../../setup/cloud-init-schema';

const roles = Object.keys(ROLES) as Role[];
const options = (role: Role): UserDataOptions => ({
  role,
  name: `guest-${role}`,
  address: '192.168.10.16',
  requireApplication: false,
});

interface VendorData {
  write_files: { path: string; content: string; permissions?: string }[];
  runcmd: string[][];
}
const vendorData = (role: Role): VendorData => parse(roleVendorData(role)) as VendorData;

describe('user-data', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'user-data-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("passes cloud-init's own schema check, rendered and as the roles' files are, which refuses what is wrong", async () => {
    const written = (name: string, text: string): string => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const rendered = roles.flatMap((role) => [
      written(`${role}.yaml`, roleVendorData(role)),
      written(`guest-${role}.yaml`, guestUserData(options(role))),
    ]);
    const asTheyAre = roles.map((role) => join(__dirname, '../../cloud-init/roles', `${role}.yaml`));
    const broken = join(directory, 'broken.yaml');
    writeFileSync(broken, '#cloud-config\nruncmd: 5\n');
    const deprecated = join(directory, 'deprecated.yaml');
    writeFileSync(deprecated, '#cloud-config\napt_update: true\n');

    const verdicts = await checkUserData([broken, ...rendered, ...asTheyAre, deprecated], process.env);
    const [refused, ...others] = verdicts;
    expect(refused).toEqual({ valid: false, message: expect.stringContaining('runcmd') });
    expect(others.pop()).toEqual({ valid: false, message: expect.stringContaining('apt_update') });
    expect(others).toHaveLength(3 * roles.length);
    for (const verdict of others) expect(verdict).toEqual({ valid: true, message: expect.anything() });
  }, 60_000);

  it.each(roles)('of role %s carries every file that its commands run', (role) => {
    const { write_files, runcmd } = vendorData(role);
    const paths = write_files.map((file) => file.path);
    for (const command of runcmd) expect(paths).toContain(command.at(-1));
    expect(paths).toEqual([...new Set(paths)]);
  });

  it.each(roles)(
    "of role %s and of its guest have no key in common: cloud-init would take the guest's alone",
    (role) => {
      const own = Object.keys(parse(guestUserData(options(role))) as object);
      expect(own.filter((key) => key in vendorData(role))).toEqual([]);
    },
  );

  it("gives a guest its host name, and writes the role's parameters to a file at every boot", () => {
    const own = parse(guestUserData({ ...options('moodle'), name: 'it' })) as {
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

  it('carries the scripts of its own role only', () => {
    const paths = vendorData('moodle').write_files.map((file) => file.path);
    expect(paths.filter((path) => /wordpress|mediawiki/.test(path))).toEqual([]);
  });

  it('is the same for the same options', () => {
    expect(guestUserData(options('moodle'))).toBe(guestUserData(options('moodle')));
    expect(roleVendorData('moodle')).toBe(roleVendorData('moodle'));
  });

  it('names every bad option at once', () => {
    const bad = {
      role: 'wordpress' as const,
      name: 'not a name',
      address: '192.168.10.256',
      requireApplication: true,
      moodleUrl: 'ftp://x',
      moodleSha256: 'abc',
    };
    expect(() => guestUserData(bad)).toThrow(/not a name.*192\.168\.10\.256.*ftp:\/\/x.*abc/s);
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

  it.each(roles)('of role %s lists packages for both package managers', (role) => {
    expect(rolePackages(role, 'apt')).toEqual(expect.arrayContaining(['mariadb-server', 'apache2']));
    expect(rolePackages(role, 'dnf')).toEqual(expect.arrayContaining(['mariadb-server', 'httpd']));
  });
});
