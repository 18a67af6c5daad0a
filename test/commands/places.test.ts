import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'places-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** `npm run node -- up` where something is not as usual; what comes up would be a fault of the test. */
function up(change: NodeJS.ProcessEnv, before: readonly string[] = []) {
  const argv = [...before, process.execPath, '--import', 'tsx', 'commands/node.ts', 'up'];
  const [program = '', ...args] = [...argv, '--engine', 'simulated'];
  const env = {
    ...process.env,
    XDG_DATA_HOME: undefined,
    LAB_NODE_STATE: join(directory, 'node'),
    ...change,
  };
  const ended = spawnSync(program, args, { cwd: root, env, encoding: 'utf8', timeout: 25_000 });
  return { code: ended.status, said: `${ended.stdout}${ended.stderr}`.trim() };
}

test.each<[string, NodeJS.ProcessEnv, string]>([
  ['LAB_NODE_STATE', { LAB_NODE_STATE: '/proc/node' }, 'the state directory /proc/node'],
  ['XDG_DATA_HOME', { XDG_DATA_HOME: '/proc/data' }, '/proc/data/pve-virtualization-lab'],
  ['HOME', { HOME: '/proc/home' }, '/proc/home/.local/share/pve-virtualization-lab'],
])('a place that cannot be written is refused in one line, which names %s', (variable, change, place) => {
  const { code, said } = up(change);
  expect(said).toContain(`${place} cannot be used: no such file or directory; choose another with`);
  expect(said).toContain(variable);
  expect(said).not.toContain('\n');
  expect(code).toBe(2);
});

test('a machine that makes no user namespaces is told how it would, in one sentence', () => {
  const none = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"';
  const { code, said } = up({ XDG_DATA_HOME: directory }, [
    ...['unshare', '--user', '--map-root-user', 'bash', '-c', none, 'none'],
  ]);
  expect(said).toMatch(
    /^the local node did not come up: .* namespace failed .*: unshare: .*\. Allow .*\n\(log: .*\)$/,
  );
  expect(said).toContain('a container with --privileged');
  expect(code).toBe(4);
});

test('a user whom the system does not know, without HOME, is told to set it', () => {
  const unknown = ['unshare', '--user', '--map-user=54321', '--map-group=54321'];
  expect(up({ HOME: undefined }, unknown)).toEqual({
    code: 2,
    said: 'HOME is not set, and the system knows no user 54321: set HOME to a directory that you may write in',
  });
});
