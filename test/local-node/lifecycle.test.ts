import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTarget } from '../../config/load-target';
import type { ConnectionFile } from '../../config/target';
import { describeNode } from '../../local-node/describe-node';
import { down, NodeCommandError, status, up } from '../../local-node/lifecycle';
import { Namespace } from '../../local-node/namespace/namespace';
import { makePageLink } from '../../local-node/page-link';
import { identify, isAlive, waitForEnd } from '../../machine/processes';
import { ApiClient } from '../../proxmox/api-client';

/** The node is a process of its own, which these tests start and kill. */
jest.setTimeout(60_000);

let stateDir: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'node-main-'));
  env = {
    ...process.env,
    LAB_NODE_STATE: stateDir,
    LAB_NODE_PORT: '0',
    LAB_NODE_SSH_PORT: '0',
    XDG_DATA_HOME: join(stateDir, 'data'),
  };
});

afterEach(async () => {
  await down(env, { purge: true });
});

const bringUp = (change: NodeJS.ProcessEnv = {}) =>
  up({ ...env, ...change }, { engine: 'simulated', name: 'pve' });
const connection = () =>
  JSON.parse(readFileSync(join(stateDir, 'connection.json'), 'utf8')) as ConnectionFile;

async function kill(pid: number): Promise<void> {
  const daemon = identify(pid);
  process.kill(pid, 'SIGKILL');
  if (daemon) await waitForEnd(daemon, 10_000);
}

test('up, used, up again, down: the life of a node', async () => {
  expect(await bringUp()).toContain('guests simulated');
  const { pid, tokenFile, ssh } = connection();
  for (const file of [join(stateDir, 'connection.json'), tokenFile, ssh.privateKeyFile]) {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
  const client = new ApiClient(readTarget({ LAB_NODE_STATE: stateDir }, 'pve'));
  expect(await client.get('version')).toHaveProperty('version');
  await client.close();
  expect(await bringUp()).toContain('already up');
  expect(connection().pid).toBe(pid);

  expect(await status(env)).toMatchObject({ up: true, pid, acceleration: 'simulated', guests: [] });
  const secret = readFileSync(tokenFile, 'utf8').trim().split('=')[1] ?? 'none';
  expect(readFileSync(join(stateDir, 'log', 'node.log'), 'utf8')).not.toContain(secret);

  const daemon = identify(pid);
  const holder = Namespace.find(stateDir)?.holder;
  expect(await down(env, {})).toContain('is down');
  expect(daemon && isAlive(daemon)).toBe(false);
  expect(holder && isAlive(holder)).toBe(false);
  expect(existsSync(join(stateDir, 'connection.json'))).toBe(false);
  expect(await status(env)).toMatchObject({ up: false, leftProcesses: 0 });
});

test('a node that is up makes links to its page, which its log does not know', async () => {
  await bringUp();
  const { url, seconds } = await makePageLink(connection());
  expect(url).toMatch(new RegExp(`^${connection().endpoint}/#login=[\\w-]{43}$`));
  expect(seconds).toBe(600);
  expect(readFileSync(join(stateDir, 'log', 'node.log'), 'utf8')).not.toContain(url.split('=')[1]);
});

test('of two that bring it up at once, one does and the other joins', async () => {
  const said = await Promise.all([bringUp(), bringUp()]);
  const [first, second] = said.map((text) => /https:\S+/.exec(text)?.[0]);
  expect(first).toBe(connection().endpoint);
  expect(second).toBe(first);
  expect(said.filter((text) => text.includes('already up'))).toHaveLength(1);
});

test('a node that was killed is taken over by the next up, with the same keys, and ended by the next down', async () => {
  await bringUp();
  const before = connection();
  const holder = Namespace.find(stateDir)?.holder;
  await kill(before.pid);
  expect(describeNode(await status(env))).toContain('has been killed');
  expect(await bringUp()).toContain('is up');
  expect(Namespace.find(stateDir)?.holder).toEqual(holder);
  expect(connection().ssh.hostKeySha256).toBe(before.ssh.hostKeySha256);
  expect(connection().pid).not.toBe(before.pid);

  await kill(connection().pid);
  expect(await down(env, {})).toContain('is down');
  expect(holder && isAlive(holder)).toBe(false);
  expect(existsSync(join(stateDir, 'run'))).toBe(false);
});

test('a port in use is named with the variable that changes it, and nothing is left', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const port = String((other.address() as AddressInfo).port);
  const refused = await bringUp({ LAB_NODE_PORT: port }).catch((error: Error) => error);
  await new Promise((resolve) => other.close(resolve));
  expect(refused).toBeInstanceOf(NodeCommandError);
  expect(String(refused)).toContain(`port ${port}`);
  expect(String(refused)).toContain('LAB_NODE_PORT');
  expect(Namespace.find(stateDir)).toBeUndefined();
});

test('a port that is no number is refused before anything starts', async () => {
  await expect(bringUp({ LAB_NODE_SSH_PORT: 'ssh' })).rejects.toThrow("LAB_NODE_SSH_PORT is 'ssh'");
});

test('the command tells by its exit code whether the node is up, and ends with 2 at bad input', () => {
  const command = (args: readonly string[], change: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, ['--require', require.resolve('tsx/cjs'), 'commands/node.ts', ...args], {
      cwd: join(__dirname, '../..'),
      env: { ...env, ...change },
      encoding: 'utf8',
    });
  expect(command(['status', '--json'])).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('"up": false'),
  });
  const refused = command(['up', '--engine', 'simulated'], { LAB_NODE_PORT: '70000' });
  expect(refused).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^LAB_NODE_PORT is '70000'.*\n$/),
  });
  const often = command(['up', '--engine', 'simulated'], { LAB_NODE_STATISTICS: 'often' });
  expect(often).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/^LAB_NODE_STATISTICS is 'often'.*\n$/),
  });
});
