import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostProbe, parseHost } from '../../../proxmox/checks/read-host';
import { labWith } from '../../stacks/synthesized';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'host-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the probe with programs of the test before those of the machine. */
function probe(programs: Readonly<Record<string, string>>, snippets: string) {
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  const [command = '', ...args] = hostProbe(snippets, labWith());
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
  const { stdout, status } = spawnSync(command, args, { encoding: 'utf8', env });
  expect(status).toBe(0);
  return parseHost(stdout, snippets);
}

test('a login as root is asked for no sudo, and what is there is found', () => {
  const snippets = join(directory, 'of the lab', 'snippets');
  mkdirSync(snippets, { recursive: true });
  const programs = {
    id: 'echo 0',
    uname: 'echo pve1.example.org',
    'systemd-detect-virt': 'echo kvm',
    tc: '',
    sudo: 'exit 0',
  };
  const host = probe(programs, snippets);
  expect(host).toMatchObject({
    uid: 0,
    name: 'pve1',
    virtual: 'kvm',
    snippets: { directory: snippets, exists: true, writable: true },
  });
  expect(host.programs).toContain('tc');
  expect([...host.sudo]).toEqual([]);
});

test('of a login that is not root each right is asked by itself, and never `sudo true`', () => {
  const asked = join(directory, 'asked');
  const sudo = `echo "$*" >>${asked}; case "$*" in "-n -l /usr/sbin/pvesm apiinfo"|*/ip) exit 0; esac; exit 1`;
  const programs = { id: 'echo 1000', 'systemd-detect-virt': 'echo none; exit 1', sudo };
  const host = probe(programs, '/var/lib/vz/snippets');
  expect(host.virtual).toBeUndefined();
  expect([...host.sudo]).toEqual(['/usr/sbin/pvesm apiinfo', '/usr/sbin/ip']);
  const words = spawnSync('cat', [asked], { encoding: 'utf8' }).stdout.split('\n');
  expect(words).toContain('-n -l /usr/bin/tee /var/lib/vz/snippets/lab-0a1b2c3d-check.yaml');
  expect(words).not.toContain('-n true');
});

test('a file system that is mounted read-only is told, which no right of sudo shows', () => {
  const mounted = (options: string) => probe({ findmnt: `echo ${options}` }, directory).snippets.readOnly;
  expect(mounted('ro,relatime')).toBe(true);
  expect(mounted('rw,relatime,errors=remount-ro')).toBe(false);
});

test('an answer of another program is refused', () => {
  expect(() => parseHost('Welcome to the switch\n', '/x')).toThrow('something else than was asked');
});
