import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTarget } from '../../config/load-target';
import type { ConnectionFile } from '../../config/target';
import { Namespace } from '../../local-node/namespace/namespace';
import { identify, isAlive, waitForEnd } from '../../local-node/namespace/process-identity';
import { lockHolder, lockState, StateLockedError } from '../../local-node/state-lock';
import { ApiClient } from '../../proxmox/api-client';

const root = join(__dirname, '..', '..');
/** Each command starts a Node process or two; other tests run beside. */
jest.setTimeout(120_000);

let stateDir: string;

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'node-main-'));
});

afterEach(async () => {
  await nodeCommand(['down', '--purge']);
  rmSync(stateDir, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function nodeCommand(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const command = ['--import', require.resolve('tsx'), join(root, 'scripts', 'node.ts'), ...args];
  const own = { LAB_NODE_STATE: stateDir, LAB_NODE_PORT: '0', LAB_NODE_SSH_PORT: '0', ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, command, { cwd: root, env: { ...process.env, ...own } }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

const up = (env?: Record<string, string>) => nodeCommand(['up', '--engine', 'simulated'], env);
const connection = () =>
  JSON.parse(readFileSync(join(stateDir, 'connection.json'), 'utf8')) as ConnectionFile;

test('up, used, up again, down: the life of a node', async () => {
  expect(await up()).toMatchObject({ code: 0, out: expect.stringContaining('guests simulated') });
  const { pid, tokenFile, ssh } = connection();
  for (const file of [join(stateDir, 'connection.json'), tokenFile, ssh.privateKeyFile]) {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }
  const client = new ApiClient(readTarget({ LAB_NODE_STATE: stateDir }, 'pve'));
  expect(await client.get('version')).toHaveProperty('version');
  await client.close();
  expect(await up()).toMatchObject({ code: 0, out: expect.stringContaining('already up') });
  expect(connection().pid).toBe(pid);

  const status = await nodeCommand(['status', '--json']);
  expect(JSON.parse(status.out)).toMatchObject({ up: true, pid, acceleration: 'simulated', guests: [] });
  const secret = readFileSync(tokenFile, 'utf8').trim().split('=')[1] ?? 'none';
  expect(readFileSync(join(stateDir, 'log', 'node.log'), 'utf8')).not.toContain(secret);

  const daemon = identify(pid);
  const holder = Namespace.find(stateDir)?.holder;
  expect(await nodeCommand(['down'])).toMatchObject({ code: 0, out: expect.stringContaining('is down') });
  expect(daemon && isAlive(daemon)).toBe(false);
  expect(holder && isAlive(holder)).toBe(false);
  expect(existsSync(join(stateDir, 'connection.json'))).toBe(false);
  expect(await nodeCommand(['status'])).toMatchObject({ code: 3 });
});

test('a node that was killed is taken over by the next up, in the same namespace and with the same keys', async () => {
  await up();
  const before = connection();
  const holder = Namespace.find(stateDir)?.holder;
  const daemon = identify(before.pid);
  process.kill(before.pid, 'SIGKILL');
  if (daemon) await waitForEnd(daemon, 10_000);
  expect((await nodeCommand(['status'])).out).toContain('has been killed');
  expect(await up()).toMatchObject({ code: 0, out: expect.stringContaining('is up') });
  expect(Namespace.find(stateDir)?.holder).toEqual(holder);
  expect(connection().ssh.hostKeySha256).toBe(before.ssh.hostKeySha256);
  expect(connection().pid).not.toBe(before.pid);
});

test('down ends what a killed node has left', async () => {
  await up();
  const { pid } = connection();
  const holder = Namespace.find(stateDir)?.holder;
  process.kill(pid, 'SIGKILL');
  expect(await nodeCommand(['down'])).toMatchObject({ code: 0, out: expect.stringContaining('is down') });
  expect(holder && isAlive(holder)).toBe(false);
  expect(existsSync(join(stateDir, 'run'))).toBe(false);
});

test('a port in use is named with the variable that changes it, and nothing is left', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const port = String((other.address() as AddressInfo).port);
  const refused = await up({ LAB_NODE_PORT: port });
  await new Promise((resolve) => other.close(resolve));
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`port ${port}`);
  expect(refused.err).toContain('LAB_NODE_PORT');
  expect(Namespace.find(stateDir)).toBeUndefined();
});

test('a port that is no number is refused before anything starts', async () => {
  expect(await up({ LAB_NODE_SSH_PORT: 'ssh' })).toMatchObject({
    code: 1,
    err: expect.stringContaining("LAB_NODE_SSH_PORT is 'ssh'"),
  });
});

test('a state directory has one holder, whose pid is told, until it lets go', async () => {
  const lock = await lockState(stateDir);
  await expect(lockState(stateDir)).rejects.toThrow(StateLockedError);
  expect(await lockHolder(stateDir)).toBe(process.pid);
  await lock.release();
  expect(await lockHolder(stateDir)).toBeUndefined();
});
