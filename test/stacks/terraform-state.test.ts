import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  bridgesInState,
  holdsResources,
  isDeployed,
  isLocked,
  keepState,
  keepStateDuring,
  stateIsFree,
} from '../../stacks/terraform-state';

const WHOLE = JSON.stringify({ version: 4, serial: 7, resources: [{ mode: 'managed' }] });
const OLDER = JSON.stringify({ version: 4, serial: 6, resources: [] });

let directory: string;
let file: string;
const content = () => readFileSync(file, 'utf8');

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'terraform-state-'));
  file = join(directory, 'terraform.lab.tfstate');
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

test.each([
  ['nothing', ''],
  ['a half', WHOLE.slice(0, 30)],
  ['something else', '[]'],
])('a state of which %s is left is put back from the last whole one, and kept aside', (_what, left) => {
  writeFileSync(file, WHOLE);
  expect(keepState(file)).toBeUndefined();
  writeFileSync(file, left);
  expect(keepState(file)).toBe(`${file}.kept`);
  expect(content()).toBe(WHOLE);
  expect(readFileSync(`${file}.damaged`, 'utf8')).toBe(left);
});

test("without a copy of ours, Terraform's own backup is taken", () => {
  writeFileSync(file, '');
  writeFileSync(`${file}.backup`, OLDER);
  expect(keepState(file)).toBe(`${file}.backup`);
  expect(content()).toBe(OLDER);
});

test('a damaged state without any whole copy is refused and left as it is', () => {
  writeFileSync(file, '{');
  expect(() => keepState(file)).toThrow(/is damaged and there is no whole copy/);
  expect(content()).toBe('{');
});

test('a plain synth, which every `cdktf deploy` begins with, puts a cut off state back', () => {
  const root = join(__dirname, '../..');
  writeFileSync(file, '');
  writeFileSync(`${file}.kept`, WHOLE);
  const env = {
    ...process.env,
    TSX_TSCONFIG_PATH: join(root, 'tsconfig.json'),
    LAB_FILE: join(directory, 'none'),
  };
  const tsx = createRequire(join(root, 'main.ts')).resolve('tsx');
  // The lab's file is not there, so that nothing else is made.
  const { stderr } = spawnSync(process.execPath, ['--import', tsx, join(root, 'main.ts')], {
    cwd: directory,
    env,
    encoding: 'utf8',
  });
  expect(stderr).toContain(`Terraform's state was cut off; ${file}.kept takes its place.`);
  expect(content()).toBe(WHOLE);
});

/** A process that holds the state as a running Terraform does. */
async function holdState(): Promise<() => Promise<void>> {
  const lock = `import fcntl, sys
file = open(sys.argv[1], 'r+')
fcntl.lockf(file, fcntl.LOCK_EX)
print('locked', flush=True)
sys.stdin.read()`;
  const holder = spawn('python3', ['-c', lock, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  return async () => {
    holder.stdin.end();
    await once(holder, 'exit');
  };
}

test('a state that a running Terraform holds is left alone', async () => {
  writeFileSync(file, WHOLE);
  keepState(file);
  writeFileSync(file, '{');
  const release = await holdState();
  try {
    expect(keepState(file)).toBeUndefined();
    expect(content()).toBe('{');
  } finally {
    await release();
  }
  expect(keepState(file)).toBe(`${file}.kept`);
  expect(content()).toBe(WHOLE);
});

test('a state that a running Terraform holds is waited for, until it is free or the wait is given up', async () => {
  writeFileSync(file, WHOLE);
  const release = await holdState();
  const stop = new AbortController();
  const givenUp = stateIsFree(file, stop.signal);
  stop.abort();
  await givenUp;
  expect(isLocked(file)).toBe(true);
  const free = stateIsFree(file, new AbortController().signal);
  await release();
  await free;
  expect(isLocked(file)).toBe(false);
});

test('what Terraform has written while it ran is kept, the last that was whole', async () => {
  let end = (): void => {};
  const run = keepStateDuring(
    file,
    new Promise<void>((resolve) => {
      end = resolve;
    }),
    5,
  );
  const kept = async (text: string) => {
    for (let wait = 0; wait < 500; wait += 1) {
      if (existsSync(`${file}.kept`) && readFileSync(`${file}.kept`, 'utf8') === text) return;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    throw new Error(`not kept: ${text}`);
  };
  writeFileSync(file, OLDER);
  const release = await holdState();
  await kept(OLDER);
  writeFileSync(file, WHOLE);
  await kept(WHOLE);
  writeFileSync(file, WHOLE.slice(0, 20));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await release();
  end();
  await run;
  expect(keepState(file)).toBe(`${file}.kept`);
  expect(content()).toBe(WHOLE);
});

test('an empty state without any copy is that of a deployment that had made nothing', () => {
  writeFileSync(file, '');
  expect(keepState(file)).toBeUndefined();
  expect(content()).toBe('');
  expect(holdsResources(file)).toBe(false);
});

test('where there is no state, none is made', () => {
  expect(keepState(file)).toBeUndefined();
});

test('the bridges of a node in a state are named; none in one that Terraform has only begun, and nothing is known of a broken one', () => {
  expect(bridgesInState(file, 'pve')).toEqual(new Set());
  writeFileSync(file, '');
  expect(bridgesInState(file, 'pve')).toEqual(new Set());
  writeFileSync(file, WHOLE.slice(0, 30));
  expect(bridgesInState(file, 'pve')).toBeUndefined();
  const bridge = (name: string, node_name = 'pve') => ({
    type: 'proxmox_network_linux_bridge',
    instances: [{ attributes: { name, node_name } }],
  });
  const resources = [
    bridge('vmbr10'),
    bridge('vmbr11', 'pve2'),
    { type: 'terraform_data', instances: [{ attributes: { name: 'x' } }] },
  ];
  writeFileSync(file, JSON.stringify({ version: 4, resources }));
  expect(bridgesInState(file, 'pve')).toEqual(new Set(['vmbr10']));
  expect(bridgesInState(file, 'pve2')).toEqual(new Set(['vmbr11']));
});

test('a lab is deployed when something of it is on a node: not when only the node was asked', () => {
  expect(isDeployed(file)).toBe(false);
  const state = (...types: string[]) =>
    JSON.stringify({ version: 4, resources: types.map((type) => ({ mode: 'managed', type })) });
  writeFileSync(file, state('terraform_data'));
  expect(isDeployed(file)).toBe(false);
  writeFileSync(file, state('terraform_data', 'proxmox_network_linux_bridge'));
  expect(isDeployed(file)).toBe(true);
});
