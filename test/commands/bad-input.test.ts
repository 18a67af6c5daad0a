import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(__dirname, '../..');
const directory = mkdtempSync(join(tmpdir(), 'bad-input-'));
afterAll(() => rmSync(directory, { recursive: true }));

const NO_STACK = /\n\s+at .+:\d+:\d+/;

interface Ended {
  readonly code: unknown;
  readonly said: string;
}

/** A command of the lab, started as the package's scripts start it. */
function run(script: string | string[], environment: NodeJS.ProcessEnv): Promise<Ended> {
  const env = { ...process.env, PROXMOX_VE_ENDPOINT: undefined, ...environment };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', ...[script].flat()],
      { cwd: root, env },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    );
  });
}

const SYNTH = 'main.ts';
const MEASURE = 'measure/plan.ts';
const START = 'commands/start.ts';

test('a lab.yaml with faults is refused in the same words with exit code 2, each fault with its place', async () => {
  const file = join(directory, 'faulty.yaml');
  const text = readFileSync(join(root, 'lab.yaml'), 'utf8');
  writeFileSync(file, text.replace('vmid: 116', 'vmid: 129').replace('192.168.10.28', '192.168.99.28'));
  const [synth, measure, start] = await Promise.all(
    [SYNTH, MEASURE, START].map((script) => run(script, { LAB_FILE: file })),
  );
  expect(synth?.said).toMatch(/faulty\.yaml:\d+:\d+ {2}guests\[1\]\.vmid: vmid 129 is taken by guests\[0\]/);
  expect(synth?.said).toMatch(/faulty\.yaml:\d+:\d+ {2}guests\[2\]\.address: 192\.168\.99\.28 is not in/);
  expect(synth?.said).not.toMatch(NO_STACK);
  expect(synth?.code).toBe(2);
  expect([measure, start]).toEqual([synth, synth]);
});

test.each([
  ['LAB_FILE', SYNTH],
  ['LAB_FILE', MEASURE],
  ['MOODLE_SOURCE', SYNTH],
  ['MOODLE_SOURCE', START],
])('%s naming nothing is refused by %s with exit code 2', async (variable, script) => {
  const absent = join(directory, 'absent');
  const { code, said } = await run(script, { [variable]: absent });
  expect(said).toContain(variable);
  expect(said).toContain(absent);
  expect(said).not.toMatch(NO_STACK);
  expect(code).toBe(2);
});

test.each([
  ['an alias without its anchor', 'name: *lab\n', /aliases\.yaml:1:7 {2}\*lab names nothing/],
  ['lists too deep to be read', `name: ${'['.repeat(5000)}`, /aliases\.yaml:1:70 {2}values are nested/],
])(
  '%s in lab.yaml ends no command with a stack trace of the package that reads it',
  async (_, text, words) => {
    const file = join(directory, 'aliases.yaml');
    writeFileSync(file, text);
    const { code, said } = await run(SYNTH, { LAB_FILE: file });
    expect(said).toMatch(words);
    expect(said).not.toMatch(NO_STACK);
    expect(code).toBe(2);
  },
);

test.each([SYNTH, MEASURE])(
  'a guest on another node than the local one: %s says its place and ends with 2',
  async (script) => {
    const file = join(directory, 'pve2.yaml');
    const text = readFileSync(join(root, 'lab.yaml'), 'utf8');
    writeFileSync(file, text.replace('role: moodle,', 'role: moodle, node: pve2,'));
    const { code, said } = await run(script, { LAB_FILE: file });
    expect(said).toMatch(/pve2\.yaml:\d+:\d+ {2}guests\[1\]\.node: "pve2" is not the local node \(pve\)/);
    expect(said).not.toMatch(NO_STACK);
    expect(code).toBe(2);
  },
);

test.each([MEASURE, START])(
  'guests on several nodes are not measured: %s ends with exit code 2',
  async (script) => {
    const file = join(directory, 'nodes.yaml');
    const text = readFileSync(join(root, 'lab.yaml'), 'utf8');
    writeFileSync(file, text.replace('role: moodle,', 'role: moodle, node: pve2,'));
    const { code, said } = await run(script, {
      ...{ LAB_FILE: file, PROXMOX_VE_ENDPOINT: 'https://127.0.0.1:1' },
      ...{
        PROXMOX_VE_API_TOKEN: 'lab@pve!x=1-2',
        PROXMOX_VE_SSH_USERNAME: 'root',
        PROXMOX_VE_SSH_PASSWORD: 'x',
      },
    });
    expect(said.trim().split('\n')).toEqual([
      expect.stringMatching(/^measuring samples one node, pve, .*moodle \(pve2\)/),
    ]);
    expect(code).toBe(2);
  },
);

const NODE_UP = ['commands/node.ts', 'up', '--engine', 'simulated'] as const;

test.each([
  ['where nothing can be made', '/proc/absent', 'cannot be used'],
  ['that is a file', join(root, 'lab.yaml'), 'it is no directory'],
  ['with a name that is too long', join(directory, 'x'.repeat(300)), 'name too long'],
])('a state directory %s is refused in one sentence with exit code 2', async (_, state, why) => {
  const { code, said } = await run([...NODE_UP], { LAB_NODE_STATE: state });
  expect(said.trim().split('\n')).toEqual([
    expect.stringContaining(`the state directory ${state} cannot be used`),
  ]);
  expect(said).toContain(why);
  expect(code).toBe(2);
});

test('one port for the API and SSH is refused with exit code 2', async () => {
  const ports = { LAB_NODE_PORT: '9999', LAB_NODE_SSH_PORT: '9999' };
  const { code, said } = await run([...NODE_UP], { ...ports, LAB_NODE_STATE: join(directory, 'node') });
  expect(said).toBe('LAB_NODE_PORT and LAB_NODE_SSH_PORT are both 9999; they must differ\n');
  expect(code).toBe(2);
});

test('output that nobody reads any more ends no command with a stack trace', async () => {
  const error = join(directory, 'stderr');
  const script = `"$NODE" --import tsx commands/node.ts status --json 2>"$ERROR" | true; exit "\${PIPESTATUS[0]}"`;
  const env = {
    ...process.env,
    NODE: process.execPath,
    ERROR: error,
    LAB_NODE_STATE: join(directory, 'down'),
  };
  const code = await new Promise((resolve) =>
    execFile('bash', ['-c', script], { cwd: root, env }, (fault) => resolve(fault?.code ?? 0)),
  );
  expect(readFileSync(error, 'utf8')).toBe('');
  expect(code).toBe(1); // the node is not up
});
