import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../../../local-node/command-line/run-command';
import { startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  writeFileSync(join(lab.node.stateDir, 'storage/local/template/cache/lab.tar.zst'), '');
  const made =
    'create 161 local:vztmpl/lab.tar.zst --rootfs local-lvm:1 --hostname cli --memory=128 --swap 0';
  expect((await run(`${made} --tags b;a --features nesting=1`)).exit).toBe(0);
});

afterEach(() => lab.close());

/** The command line after `pct`. */
const run = (line: string) => runProgram(lab.node, 'pct', line.split(' '));

test('a list has the columns of Proxmox VE', async () => {
  expect((await run('list')).stdout).toBe(
    'VMID       Status     Lock         Name                \n161        stopped                 cli                 \n',
  );
  expect((await run('status 161')).stdout).toBe('status: stopped\n');
});

test('a configuration is printed by name, without its digest', async () => {
  expect((await run('config 161')).stdout).toBe(
    `${[
      ...['arch: amd64', 'features: nesting=1', 'hostname: cli', 'memory: 128', 'ostype: debian'],
      ...[
        'rootfs: local-lvm:161/subvol-161-disk-0.subvol,size=1G',
        'swap: 0',
        'tags: a;b',
        'unprivileged: 1',
      ],
    ].join('\n')}\n`,
  );
});

test.each([
  ['config 999', 2, "Configuration file 'nodes/pve/lxc/999.conf' does not exist\n"],
  ['destroy 999', 2, "Configuration file 'nodes/pve/lxc/999.conf' does not exist\n"],
  ['start 999', 255, "Configuration file 'nodes/pve/lxc/999.conf' does not exist\n"],
  ['shutdown 161', 255, 'CT 161 not running\n'],
  ['set 161', 255, 'no options specified\n'],
  ['unlock 161', 255, 'no lock found trying to remove any lock\n'],
  ['unmount 161', 255, "no lock found trying to remove 'mounted'  lock\n"],
  [
    'set 161 --memory 4',
    255,
    '400 Parameter verification failed.\nmemory: value must have a minimum value of 16\npct set <vmid> [OPTIONS]\n',
  ],
  ['set 161 --foo 1', 255, 'Unknown option: foo\n400 unable to parse option\npct set <vmid> [OPTIONS]\n'],
  ['exec 161 -- true', 255, "Error: container '161' not running!\n"],
])('pct %s ends with %i and its words', async (line, exit, stderr) => {
  expect(await run(line)).toMatchObject({ exit, stderr });
});

test('a container that runs is not started again, and its commands are run in it', async () => {
  expect(await run('start 161')).toEqual({ exit: 0, stdout: '' });
  expect(await run('start 161')).toEqual({ exit: 255, stderr: 'CT 161 already running\n' });
  expect(await run('exec 161 -- cat /etc/hostname')).toMatchObject({
    // A simulated container only says what such a one would.
    further: { kind: 'exec', argv: expect.arrayContaining(['cli\n']) },
  });
  expect(await run('push 161 /tmp/a /root/a --perms 0600')).toMatchObject({
    further: {
      kind: 'push',
      from: '/tmp/a',
      to: '/root/a',
      mode: 0o600,
      owner: { uid: 100_000, gid: 100_000 },
    },
  });
});

test('a mounted root file system locks its container, which may start all the same', async () => {
  expect((await run('mount 161')).stdout).toMatch(/^mounted CT 161 in '.+'\n$/);
  expect(await run('mount 161')).toEqual({ exit: 255, stderr: 'CT is locked (mounted)\n' });
  expect((await run('config 161')).stdout).toContain('lock: mounted\n');
  expect((await run('start 161')).exit).toBe(0);
  expect((await run('unmount 161')).exit).toBe(0);
});

test('an unknown command is told with all that there are', async () => {
  expect(await run('nosuch')).toMatchObject({
    exit: 255,
    stderr: expect.stringMatching(/^ERROR: unknown command 'pct nosuch'\nUSAGE: pct <COMMAND>/),
  });
});
