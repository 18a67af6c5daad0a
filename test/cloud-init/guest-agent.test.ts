import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** guest-agent.sh in a temporary root, with stubs for what needs a guest; they note how they were called. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'guest-agent-'));
  stub('systemctl');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, content: string, mode = 0o644): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  chmodSync(join(root, path), mode);
};
const stub = (name: string, body = ''): void =>
  write(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >>'${join(root, 'calls')}'\n${body}\n`, 0o755);
const calls = (): string[] =>
  existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8').trimEnd().split('\n') : [];
const run = (): void => {
  // Only the stubs and the few tools that every image has.
  const tools = ['bash', 'sed', 'mktemp', 'rm', 'echo', 'cat'];
  for (const tool of tools) {
    const path = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
    if (path.startsWith('/')) spawnSync('ln', ['-sf', path, join(root, 'bin', tool)]);
  }
  const script = join(__dirname, '../../cloud-init/install/guest-agent.sh');
  const result = spawnSync('bash', [script], {
    encoding: 'utf8',
    env: { PATH: join(root, 'bin'), LAB_ROOT: root },
  });
  expect(result).toMatchObject({ status: 0, stderr: '' });
};

test("the lab's own template has the agent, and nothing is done", () => {
  write('usr/sbin/qemu-ga', '');
  run();
  expect(calls()).toEqual([]);
});

test('a Debian or Ubuntu image without the agent gets it, and it is started', () => {
  stub('apt-get');
  run();
  expect(calls()).toEqual([
    expect.stringMatching(/^apt-get .* update$/),
    expect.stringMatching(/^apt-get .* install .* qemu-guest-agent$/),
    'systemctl start qemu-guest-agent',
  ]);
});

test('an image of the dnf family without the agent gets it, and it is opened', () => {
  write('etc/sysconfig/other', '');
  stub('dnf', `echo 'BLOCK_RPCS=guest-exec' >'${root}/etc/sysconfig/qemu-ga'`);
  run();
  expect(calls()[0]).toMatch(/^dnf .* install qemu-guest-agent$/);
  expect(calls().at(-1)).toBe('systemctl restart qemu-guest-agent');
});

test.each([
  ['9.4 and later', 'FILTER_RPC_ARGS="--allow-rpcs=guest-sync,guest-ping"'],
  ['9', 'BLOCK_RPCS=guest-file-open,guest-exec'],
  ['8', 'BLACKLIST_RPC=guest-file-open,guest-exec'],
])('the agent of CentOS, AlmaLinux and RHEL %s may run programs and read files', (_, line) => {
  write('usr/bin/qemu-ga', '');
  write('etc/sysconfig/qemu-ga', `# ${line}\n${line}\nFSFREEZE_HOOK_PATHNAME=/etc/qemu-ga/fsfreeze-hook\n`);
  stub('selinuxenabled');
  stub('semodule', `cat "$2" >>'${join(root, 'calls')}'`);
  run();
  expect(readFileSync(join(root, 'etc/sysconfig/qemu-ga'), 'utf8')).toBe(
    `# ${line}\n${line.split('=')[0]}=\nFSFREEZE_HOOK_PATHNAME=/etc/qemu-ga/fsfreeze-hook\n`,
  );
  expect(calls()).toEqual([
    expect.stringMatching(/^selinuxenabled/),
    expect.stringMatching(/^semodule --install .*\/lab_guest_agent\.cil$/),
    '(typepermissive virt_qemu_ga_t)',
    'systemctl restart qemu-guest-agent',
  ]);
});

test('where SELinux is off its policy is left alone', () => {
  write('usr/bin/qemu-ga', '');
  write('etc/sysconfig/qemu-ga', 'FILTER_RPC_ARGS="--allow-rpcs=guest-ping"\n');
  stub('selinuxenabled', 'exit 1');
  stub('semodule');
  run();
  expect(calls().map((call) => call.split(' ')[0])).toEqual(['selinuxenabled', 'systemctl']);
});
