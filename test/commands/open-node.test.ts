import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConnection, readTarget } from '../../config/load-target';
import { down } from '../../local-node/lifecycle';
import { ApiClient } from '../../proxmox/api-client';

/** A node is a process of its own, and so is each command. */
jest.setTimeout(180_000);

const ROOT = join(__dirname, '../..');
const stateDir = mkdtempSync(join(tmpdir(), 'open-node-'));
const env: NodeJS.ProcessEnv = {
  ...process.env,
  ...{ LAB_NODE_STATE: stateDir, LAB_NODE_PORT: '0', LAB_NODE_SSH_PORT: '0' },
  ...{ XDG_DATA_HOME: join(stateDir, 'data'), DISPLAY: '', WAYLAND_DISPLAY: '' },
  PROXMOX_VE_ENDPOINT: undefined,
};

const run = (file: string, args: readonly string[], change: NodeJS.ProcessEnv = {}, input = '') =>
  spawnSync(process.execPath, ['--require', require.resolve('tsx/cjs'), join('commands', file), ...args], {
    ...{ cwd: ROOT, encoding: 'utf8', env: { ...env, ...change }, input },
  });
const LINK = /^Its page, logged in once within 10 minutes: (https:\/\/127\.0\.0\.1:\d+\/#login=[\w-]{43})$/m;

beforeAll(() => {
  const up = run('node.ts', ['up', '--engine', 'simulated']);
  expect(up.stdout).toMatch(LINK);
});
afterAll(() => down(env, { purge: true }));

test('a link is printed when the node comes up, by a command of its own, and not where it is not wanted', () => {
  const [first, second] = [run('node.ts', ['link']), run('open.ts', ['node'])].map(
    ({ stdout }) => LINK.exec(stdout)?.[1],
  );
  expect(first).toBeDefined();
  expect(second).not.toBe(first);
  expect(run('node.ts', ['up', '--no-link']).stdout).not.toContain('login=');
});

test('the password of root@pam is set from the standard input, told nowhere, and logs in', async () => {
  expect(run('node.ts', ['password'], {}, '').status).toBe(2);
  expect(run('node.ts', ['password'], {}, 'short\n').status).toBe(2);
  const password = 'correct horse battery';
  const { status, stdout, stderr } = run('node.ts', ['password'], {}, `${password}\nanother line\n`);
  expect([status, stdout, stderr]).toEqual([
    0,
    expect.stringMatching(/^root@pam logs in with it at https/),
    '',
  ]);
  const log = readFileSync(join(stateDir, 'log', 'node.log'), 'utf8');
  expect(stdout + log).not.toContain(password);
  const connection = readConnection(env);
  if (!connection) throw new Error('the node is not up');
  const target = readTarget({ LAB_NODE_STATE: stateDir }, 'pve');
  const credentials = { kind: 'password', username: 'root@pam', password } as const;
  const client = new ApiClient({ ...target, credentials });
  expect(await client.get('version')).toHaveProperty('version');
  await client.close();
});

test('a desktop opens the page logged in, and no list of processes shows the secret', async () => {
  const opener = join(stateDir, 'xdg-open');
  const opened = join(stateDir, 'opened');
  writeFileSync(opener, `#!/bin/sh\necho "$@" > '${opened}.part' && mv '${opened}.part' '${opened}'\n`);
  chmodSync(opener, 0o755);
  const change = { DISPLAY: ':0', PATH: `${stateDir}${delimiter}${env.PATH}` };
  const { stdout } = run('open.ts', ['node'], change);
  expect(stdout).toMatch(/^https:\/\/127\.0\.0\.1:\d+\n$/);
  while (!existsSync(opened)) await sleep(20);
  const file = readFileSync(opened, 'utf8').trim();
  expect(file).toBe(join(stateDir, 'run', 'open.html'));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(file, 'utf8')).toMatch(/content="0; url=https:\/\/127\.0\.0\.1:\d+\/#login=[\w-]{43}"/);
});

test("a Proxmox VE node's own page is opened where the lab is on one", () => {
  const ssh = { PROXMOX_VE_SSH_USERNAME: 'root', PROXMOX_VE_SSH_PASSWORD: 'x' };
  const api = { PROXMOX_VE_ENDPOINT: 'https://pve.example.org:8006', PROXMOX_VE_API_TOKEN: 'a@pam!t=1-2' };
  const { stdout, stderr, status } = run('open.ts', ['node', '--print'], { ...api, ...ssh });
  expect([stdout, stderr, status]).toEqual(['https://pve.example.org:8006\n', '', 0]);
});

test('a node that is not up is told, with what to do', () => {
  const nowhere = { LAB_NODE_STATE: mkdtempSync(join(tmpdir(), 'no-node-')) };
  for (const [file, args] of [
    ['node.ts', ['link']],
    ['open.ts', ['node']],
  ] as const) {
    const { status, stderr } = run(file, args, nowhere);
    expect(status).not.toBe(0);
    expect(stderr).toContain('the local node is not up: npm run node -- up');
  }
});
