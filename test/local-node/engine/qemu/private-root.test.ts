import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guestCommand, guestFiles, imageCommand } from '../../../../local-node/engine/qemu/private-root';
import { run } from '../../../../machine/command';

let directory: string;
const at = (name: string) => join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'private root-'));
  for (const name of ['read', 'write', 'secret']) writeFileSync(at(name), name);
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** What a shell script prints that may read `read` and write `write`. */
const inside = (script: string) =>
  run(imageCommand(['bash', '-c', script, 'bash', at('read'), at('write'), at('secret')], files()));
const files = () => ({ readOnly: [at('read')], writable: [at('write')] });

test('a program sees the files that it is given, and of all others nothing but the system', async () => {
  const seen = await inside(
    'ls -A "$(dirname "$1")"; cat "$1"; ls -A /etc /dev /old; [ -e "$3" ] || echo hidden',
  );
  expect(seen.split(/\s+/).filter((word) => word !== 'ld.so.cache' && word !== '')).toEqual([
    ...['read', 'write', 'read/dev:', 'null', '/etc:', '/old:', 'hidden'],
  ]);
  expect(
    await inside(
      'for path in /home /root /proc /sys /tmp/*/secret; do [ ! -e "$path" ] || echo "$path"; done',
    ),
  ).toBe('');
});

test('it writes what it is given to write, and nothing else', async () => {
  const script =
    'echo new >"$2"; for path in "$1" /usr/x; do (echo x >"$path") 2>/dev/null || echo refused; done';
  expect(await inside(script)).toBe('refused\nrefused\n');
  expect(readFileSync(at('write'), 'utf8')).toBe('new\n');
  expect(readFileSync(at('read'), 'utf8')).toBe('read');
  expect(readdirSync(directory).sort()).toEqual(['read', 'secret', 'write']);
});

test('it has no capability, can gain none, and has neither a network nor other processes', async () => {
  const limits = await inside('setpriv --dump; echo pid: $$');
  for (const line of [
    'Capability bounding set: [none]',
    'Ambient capabilities: [none]',
    'no_new_privs: 1',
    'pid: 1',
  ]) {
    expect(limits.split('\n')).toContain(line);
  }
  for (const forbidden of ['chroot / true', 'unshare --user true', 'unshare --net true']) {
    expect(await inside(`${forbidden} 2>&1 || echo refused`)).toMatch(/refused\n$/);
  }
  expect(await inside('ip -brief link | cut -d" " -f1')).toBe('lo\n');
});

test('its exit code and its words come out', async () => {
  await expect(inside('echo why >&2; exit 3')).rejects.toMatchObject({ exitCode: 3, stderr: 'why\n' });
  await expect(run(imageCommand(['no-such-program'], files()))).rejects.toThrow(
    'no-such-program is not there',
  );
});

test('a file that shows already with the directory around it keeps what it holds', async () => {
  const both = { readOnly: [], writable: [directory, at('write')] };
  await run(imageCommand(['true'], both));
  expect(statSync(at('write')).size).toBe(5);
});

test('a program whose pid cannot be recorded does not run', async () => {
  const command = guestCommand(
    ['sh', '-c', 'sleep 1; echo ran >"$1"', 'sh', at('write')],
    files(),
    '/dev/full',
  );
  const inNamespace = ['unshare', '--user', '--map-root-user', '--', ...command];
  // It holds the pipe to the test open as long as it lives.
  await expect(run(inNamespace)).rejects.toThrow(/No space left on device/);
  expect(readFileSync(at('write'), 'utf8')).toBe('write');
});

test("a guest's QEMU gets its disks, its media, its console and its own sockets", async () => {
  mkdirSync(at('images/100'), { recursive: true });
  const disk = at('images/100/vm-100-disk-0.raw');
  writeFileSync(disk, '');
  const disks = [
    { slot: 'scsi0', path: disk, format: 'raw' as const, media: 'disk' as const },
    { slot: 'ide2', path: at('x.iso'), format: 'raw' as const, media: 'cdrom' as const },
  ];
  const options = { kvm: false, consoleLog: at('console.log') };
  expect(await guestFiles({ vmid: 100, disks }, options)).toEqual({
    readOnly: [at('x.iso')],
    writable: [disk, at('console.log')],
    devices: ['/dev/net/tun'],
    moved: [['/run/qemu-server/100', '/run/qemu-server']],
  });
  expect((await guestFiles({ vmid: 100, disks }, { ...options, kvm: true })).devices).toContain('/dev/kvm');
});
