import { chmodSync, existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingError } from '../../machine/missing-error';
import { ensureProvider, lockIsCurrent } from '../../setup/provider-lock';
import { testUnless } from '../skip';

const directory = mkdtempSync(join(tmpdir(), 'provider-lock-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A file that was written at that time, seconds. */
function file(name: string, content: string, time: number): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  utimesSync(path, time, time);
  return path;
}

test("Terraform's lock file is made again for another version or registry, and for a provider built after it", () => {
  const host = 'registry.terraform.io';
  const lock = file('lock', `provider "${host}/bpg/proxmox" {\n  version     = "0.111.0"\n}`, 1000);
  const mirrored = (time: number) => file('provider', '', time);
  const version = '0.111.0';
  expect(lockIsCurrent(lock, { mirrored: mirrored(999), version, host })).toBe(true);
  expect(lockIsCurrent(lock, { mirrored: mirrored(1001), version, host })).toBe(false);
  expect(lockIsCurrent(lock, { mirrored: undefined, version, host })).toBe(true);
  expect(lockIsCurrent(lock, { mirrored: undefined, version: '0.112.0', host })).toBe(false);
  expect(lockIsCurrent(lock, { mirrored: undefined, version, host: 'registry.opentofu.org' })).toBe(false);
  expect(lockIsCurrent(join(directory, 'none'), { mirrored: undefined, version, host })).toBe(false);
});

describe('the provider comes from where Terraform itself takes it', () => {
  const settings = join(directory, 'terraformrc');
  const places = { stack: join(directory, 'stack'), kept: join(directory, 'kept.hcl') };
  const terraform = join(directory, 'terraform');

  /** A Terraform that says `line`, and makes a lock file if its settings are those of the user. */
  function becomes(line: string): void {
    const init = `[ "$1" = init ] && [ "$TF_CLI_CONFIG_FILE" = '${settings}' ] && touch .terraform.lock.hcl`;
    writeFileSync(terraform, `#!/bin/sh\n${init}\n${line}\n`);
    chmodSync(terraform, 0o755);
  }
  beforeEach(() => {
    // Nothing of this user's, and no Go with which to build it.
    process.env.HOME = join(directory, 'home');
    process.env.PATH = '/bin';
    process.env.TF_CLI_CONFIG_FILE = settings;
    rmSync(settings, { force: true });
  });
  const ensure = () => ensureProvider(terraform, () => undefined, places);

  test('a mirror that the settings of the user name is enough, without registry and Go', async () => {
    becomes('exit 0');
    await ensure();
    expect(existsSync(places.kept)).toBe(true);
    expect(existsSync(join(places.stack, '.terraform.lock.hcl'))).toBe(true);
  });

  test('where the settings name places that have it not, they are named, and nothing is built', async () => {
    becomes('echo "no available releases match" >&2; exit 1');
    writeFileSync(
      settings,
      'provider_installation {\n  network_mirror { url = "https://mirror.example/" }\n}\n',
    );
    await expect(ensure()).rejects.toThrow(MissingError);
    await expect(ensure()).rejects.toThrow(
      `cannot install bpg/proxmox 0.111.0 from where ${settings} says:\nno available releases match`,
    );
  });

  const go = ['/usr/bin/go', '/usr/local/bin/go', '/usr/sbin/go', '/usr/local/sbin/go'].find(existsSync);
  testUnless(go && 'Go is there')(
    'without settings, registry and Go, the ways to get it are named',
    async () => {
      becomes('exit 1');
      await expect(ensure()).rejects.toThrow(/there is no Go .* registry\.terraform\.io, name a mirror in ~/);
    },
  );
});
