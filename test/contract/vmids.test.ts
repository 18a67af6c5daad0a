import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { loadTarget } from '../../config';
import { ApiClient } from '../../proxmox/api-client';
import { type Ended, LabCopy } from '../e2e/lab-copy';

/** A lab whose lab.yaml has no vmids, beside a guest of somebody else. Each story goes on where the one before ended. */
jest.setTimeout(180_000);

const lab = new LabCopy(18_308, 18_324);
const file = join(lab.directory, 'lab.yaml');
let node: ApiClient;

beforeAll(async () => {
  const text = readFileSync(file, 'utf8').replaceAll(/ vmid: \d+,/g, '');
  writeFileSync(file, text.replace(/^guests:/m, 'vmids: auto\nguests:'));
});

afterAll(async () => {
  await node?.close();
  await lab.remove();
});

async function run(...args: readonly string[]): Promise<Ended> {
  const { output, ...ended } = await lab.npm(args).ended;
  return { ...ended, output: stripVTControlCharacters(output).replace(/[\s│╷╵⠀-⣿]+/g, ' ') };
}

const cdktf = (command: 'deploy' | 'destroy') => run('exec', '--', 'cdktf', command, '--auto-approve');

async function deploys(): Promise<string> {
  const { code, output } = await cdktf('deploy');
  if (code !== 0) throw new Error(`cdktf deploy ended with ${code}: ... ${output.slice(-3000)}`);
  return output;
}

const guests = async () =>
  (await node.get<{ vmid: number; name: string }[]>(node.node('qemu')))
    .map(({ vmid, name }) => [vmid, name])
    .sort();

const mail = [101, 'mail'];

test('before there is a node, a synthesis says in one sentence what is missing, and doctor reads the lab', async () => {
  const { code, output } = await run('exec', '--', 'cdktf', 'synth');
  expect(code).not.toBe(0);
  expect(output).toContain('the guests wordpress, moodle, mediawiki have no vmid in lab.yaml (vmids: auto)');
  expect(output).toContain('npm run node -- up');
  expect((await run('run', 'doctor')).output).toContain('3 guests');
});

test('a deployment gives the guests free vmids in a row, and waits for each', async () => {
  const up = await run('run', 'node', '--', 'up', '--engine', 'simulated');
  if (up.code !== 0) throw new Error(up.output);
  const environment = { ...process.env, LAB_NODE_STATE: lab.state, PROXMOX_VE_ENDPOINT: '' };
  node = new ApiClient(loadTarget({ nodeName: 'pve' }, environment));
  await node.wait(await node.post<string>(node.node('qemu'), { vmid: 101, name: 'mail', memory: 512 }));
  expect((await run('run', 'doctor')).output).toMatch(/3 are chosen when they are deployed.*102-104/);
  const output = await deploys();
  expect(output).toMatch(/moodle: \d+ s: /);
  expect(await guests()).toEqual([mail, [102, 'wordpress'], [103, 'moodle'], [104, 'mediawiki']]);
});

test('a second deployment changes nothing, also where only the state remembers the vmids', async () => {
  expect(await deploys()).toContain('0 added, 0 changed, 0 destroyed');
  rmSync(join(lab.directory, '.lab/vmids.json'));
  expect((await run('run', 'doctor')).output).toContain("3 are the lab's own guests");
  expect(await deploys()).toContain('0 added, 0 changed, 0 destroyed');
  expect(existsSync(join(lab.directory, '.lab/vmids.json'))).toBe(true);
});

test('where somebody else has its vmids when they are to be made, another deployment is proposed', async () => {
  const hook = ['exec', '--', 'tsx', 'stacks/hooks/refuse-foreign-guests.ts', '--tag', 'lab-ffffffff'];
  const { code, output } = await run(...hook);
  expect(code).not.toBe(0);
  expect(output).toMatch(
    /VM 102 "wordpress" on node pve.* example 105-107\. .*deploy again: others are chosen/,
  );
});

test('a guest that is renamed keeps its vmid, and one that is added gets a free one', async () => {
  const text = readFileSync(file, 'utf8').replace('name: moodle', 'name: campus');
  const added = '  - { name: second, role: wordpress, address: 192.168.10.30 }\n';
  writeFileSync(file, text.replace(/^guests:\n/m, `guests:\n${added}`));
  expect(await deploys()).toMatch(/second: \d+ s: /);
  const made = [[100, 'second'], mail, [102, 'wordpress'], [103, 'campus'], [104, 'mediawiki']];
  expect(await guests()).toEqual(made);
});

test('a destroy takes all of them and nobody else', async () => {
  expect((await cdktf('destroy')).code).toBe(0);
  expect(await guests()).toEqual([mail]);
  expect(lab.deployed()).toBe(0);
});

test('npm start begins with a lab that has no vmids yet, and leaves nothing of it', async () => {
  rmSync(join(lab.directory, '.lab/vmids.json'));
  const { code, output } = await lab.start().ended;
  if (code !== 0) throw new Error(`npm start ended with ${code}: ... ${output.slice(-3000)}`);
  expect(output).toContain('Nothing of the lab is on the node.');
  expect(await guests()).toEqual([mail]);
});
