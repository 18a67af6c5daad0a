import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { parse } from 'yaml';
import { environmentFile, renderUserData, type UserDataOptions } from '../../cloud-init/render';
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

interface Rendered {
  write_files: { path: string; content: string; permissions?: string }[];
  runcmd: string[][];
}
const render = (values: UserDataOptions): Rendered => parse(renderUserData(values)) as Rendered;

describe('user-data', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'user-data-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it("passes cloud-init's own schema check, rendered and as the roles' files are, which refuses what is wrong", async () => {
    const rendered = roles.map((role) => {
      const file = join(directory, `${role}.yaml`);
      writeFileSync(file, renderUserData(options(role)));
      return file;
    });
    const asTheyAre = roles.map((role) => join(__dirname, '../../cloud-init/roles', `${role}.yaml`));
    const broken = join(directory, 'broken.yaml');
    writeFileSync(broken, '#cloud-config\nruncmd: 5\n');
    const deprecated = join(directory, 'deprecated.yaml');
    writeFileSync(deprecated, '#cloud-config\napt_update: true\n');

    const verdicts = await checkUserData([broken, ...rendered, ...asTheyAre, deprecated], process.env);
    const [refused, ...others] = verdicts;
    expect(refused).toEqual({ valid: false, message: expect.stringContaining('runcmd') });
    expect(others.pop()).toEqual({ valid: false, message: expect.stringContaining('apt_update') });
    expect(others).toHaveLength(2 * roles.length);
    for (const verdict of others) expect(verdict).toEqual({ valid: true, message: expect.anything() });
  }, 60_000);

  it.each(roles)('of role %s carries every file that its commands run', (role) => {
    const { write_files, runcmd } = render(options(role));
    const paths = write_files.map((file) => file.path);
    for (const command of runcmd) expect(paths).toContain(command.at(-1));
    expect(paths).toEqual([...new Set(paths)]);
    expect(paths).toContain('/etc/lab/guest.env');
  });

  it('carries the scripts of its own role only', () => {
    const paths = render(options('moodle')).write_files.map((file) => file.path);
    expect(paths.filter((path) => /wordpress|mediawiki/.test(path))).toEqual([]);
  });

  it('is the same for the same options', () => {
    expect(renderUserData(options('moodle'))).toBe(renderUserData(options('moodle')));
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
    expect(() => renderUserData(bad)).toThrow(/not a name.*192\.168\.10\.256.*ftp:\/\/x.*abc/s);
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
