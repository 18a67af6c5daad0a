import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { startCommand } from '../../commands/serial-shell';
import { InputError } from '../../config';
import { guestNamed } from '../../config/lab-guest';
import { sshOfNode } from '../../config/ssh-of-node';
import { testLab } from '../measure/collect/fixtures';

const root = join(__dirname, '../..');
const ssh = { host: 'pve', port: 2222, username: 'lab', privateKey: 'key' };

test('a guest is found by its name, and a wrong name is told those that there are', () => {
  expect(guestNamed(testLab(), 'moodle').vmid).toBe(116);
  expect(() => guestNamed(testLab(), 'blog')).toThrow(InputError);
  expect(() => guestNamed(testLab(), 'blog')).toThrow(/wordpress, moodle, mediawiki/);
});

test("SSH to another node of the cluster is by that node's address, with the same login", () => {
  const nodes = { pve2: { ssh: { address: '192.0.2.12', port: 22 } } };
  expect(sshOfNode(ssh, {}, undefined)).toBe(ssh);
  expect(sshOfNode(ssh, { nodes }, 'pve2')).toEqual({ ...ssh, host: '192.0.2.12', port: 22 });
  expect(sshOfNode(ssh, {}, 'pve3')).toEqual({ ...ssh, host: 'pve3', port: 22 });
});

test('the shell on a console takes the port from a login prompt, and says when it has ended', () => {
  const words = startCommand(24, 80);
  expect(words).toContain('--property=Conflicts=serial-getty@ttyS0.service');
  const script = (words.at(-1) ?? '')
    .replace('stty', 'true')
    .replace('cd /root; HOME=/root bash -l', 'exit_code=0');
  expect(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' })).toBe('\u001b]lab-shell-ended\u0007');
});

test.each([
  ['open', ['blog']],
  ['credentials', ['blog']],
  ['shell', ['blog', '--', 'true']],
  ['shell', ['--timeout', 'soon', 'wordpress']],
  ['open', []],
])('npm run %s -- %j is bad input, before any node is asked', (command, args) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['commands/bootstrap.mjs', command, ...args],
    {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: process.env.HOME, LAB_NODE_STATE: join(root, '.lab/no-node') },
    },
  );
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).not.toMatch(/\n\s+at /);
});
