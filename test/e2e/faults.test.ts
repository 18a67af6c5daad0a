import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { readTarget } from '../../config/load-target';
import { pids } from '../../machine/processes';
import { ApiClient } from '../../proxmox/api-client';
import { interrupt, LabCopy, readIfThere } from './lab-copy';

/** What a user does wrong and what a machine does to a run: each fault is said, and the next run starts clean. */
const MINUTES = 60_000;
jest.setTimeout(5 * MINUTES);

const lab = new LabCopy(18106, 18122);
afterAll(() => lab.remove());

const NO_STACK = /\n\s+at .+:\d+:\d+/;

/** The node's API, as the copy's own commands reach it. */
async function withClient<T>(use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = new ApiClient(readTarget({ LAB_NODE_STATE: lab.state }, 'pve'));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

async function expectNothingLeft(): Promise<void> {
  expect(lab.deployed()).toBe(0);
  expect(await lab.isDown()).toBe(true);
}

describe('a lab.yaml with faults', () => {
  const file = join(lab.directory, 'faulty.yaml');
  beforeAll(() => {
    const text = readFileSync(join(lab.directory, 'lab.yaml'), 'utf8');
    writeFileSync(file, text.replace('vmid: 116', 'vmid: 129').replace('192.168.10.28', '192.168.99.28'));
  });

  test.each([
    ['npm start', ['start']],
    ['npm run measure', ['run', 'measure']],
  ])('is refused by %s with exit code 2, all faults and their places', async (_, args) => {
    const { code, output } = await lab.npm(args, { LAB_FILE: file }).ended;
    expect(output).toMatch(/faulty\.yaml:\d+:\d+.*129/);
    expect(output).toMatch(/faulty\.yaml:\d+:\d+.*192\.168\.99\.28/);
    expect(output).not.toMatch(NO_STACK);
    expect(code).toBe(2);
  });
});

test.each([
  [['--engine', 'none'], '--engine'],
  [['--plan', 'none'], '--plan none'],
  [['--run', '../x'], '--run ../x'],
])('npm start -- %j is refused with exit code 2', async (args, named) => {
  const { code, output } = await lab.npm(['start', '--', ...args]).ended;
  expect(output).toContain(named);
  expect(code).toBe(2);
});

test('a port in use ends npm start before anything is made, and names the variable that chooses another', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(lab.port, '127.0.0.1', resolve));
  try {
    const { code, output } = await lab.start().ended;
    expect(output).toContain(`port ${lab.port} on 127.0.0.1 is in use by another program`);
    expect(output).toContain('LAB_NODE_PORT');
    expect(code).toBe(1);
    await expectNothingLeft();
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

test('Ctrl-C during the deployment takes away what was made; a second npm start is refused meanwhile', async () => {
  const run = lab.start();
  await run.seen('servers_bridge');
  const second = await lab.start().ended;
  expect(second.output).toContain('npm start');
  expect(second.code).toBe(2);
  interrupt(run);
  const { code, signal, output } = await run.ended;
  expect(output).toContain('Stopped by request.');
  // npm ends by the signal that it was sent, which a shell shows as 130.
  expect([code, signal]).toEqual([null, 'SIGINT']);
  await expectNothingLeft();
});

test('npm start killed during the deployment: the next one takes the remainders away and ends with 0', async () => {
  const run = lab.start();
  await run.seen('servers_bridge');
  const group = run.child.pid ?? 0;
  for (const pid of pids()) {
    if (processGroup(pid) === group) process.kill(pid, 'SIGKILL');
  }
  await run.ended;
  const next = await lab.start().ended;
  expect(next.output).toContain('Nothing of the lab is on the node.');
  expect(next.code).toBe(0);
  await lab.npm(['run', 'node', '--', 'down']).ended;
  await expectNothingLeft();
});

test('the local node killed during the deployment: the deployment fails, and the next run starts clean', async () => {
  const run = lab.start();
  await run.seen('servers_bridge');
  process.kill(lab.nodePid(), 'SIGKILL');
  const { code, output } = await run.ended;
  expect(output).toMatch(/connection refused|ECONNREFUSED|EOF|connection reset/);
  expect(output).toContain('The local node has ended');
  expect(output).not.toMatch(NO_STACK);
  expect(code).toBe(1);
  expect((await lab.start().ended).code).toBe(0);
  await expectNothingLeft();
});

test('Ctrl-C while the local node goes down lets it go down', async () => {
  const run = lab.start();
  await run.seen('== Local node down');
  interrupt(run);
  const { output } = await run.ended;
  expect(output).toContain('Stopped by request.');
  await expectNothingLeft();
});

test("somebody's VM in the place of a guest stops the destroy, which names it; without it the next run is clean", async () => {
  expect((await lab.start('--keep').ended).code).toBe(0);
  const vm = (client: ApiClient) => client.node('qemu/129');
  const end = async (client: ApiClient, action: Promise<string>) => client.wait(await action);
  await withClient(async (client) => {
    await end(client, client.post<string>(`${vm(client)}/status/stop`, {}));
    await end(client, client.delete<string>(vm(client)));
    await end(client, client.post<string>(client.node('qemu'), { vmid: 129, name: 'mail', memory: 256 }));
  });
  const { code, output } = await lab.start().ended;
  expect(output).toMatch(/VM 129 "mail" on node pve/);
  expect(code).toBe(1);
  await withClient(async (client) => {
    expect(await client.get(`${vm(client)}/config`)).toMatchObject({ name: 'mail' });
    await end(client, client.delete<string>(vm(client)));
  });
  expect((await lab.start().ended).code).toBe(0);
  await lab.npm(['run', 'node', '--', 'down']).ended;
  await expectNothingLeft();
});

describe("with the local node up by itself, somebody's VM on it", () => {
  const NOT_OURS = { vmid: 129, name: 'mail', memory: 256 };

  beforeAll(async () => {
    expect((await lab.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended).code).toBe(0);
    await withClient(async (client) => client.wait(await client.post<string>(client.node('qemu'), NOT_OURS)));
  });
  afterAll(() => lab.npm(['run', 'node', '--', 'down', '--purge']).ended);

  test('a vmid that is taken stops npm start, which leaves that VM as it was', async () => {
    const before = await withClient((client) => client.get(client.node('qemu/129/config')));
    const { code, output } = await lab.start().ended;
    expect(output).toMatch(/VM 129 "mail" on node pve/);
    expect(code).toBe(1);
    expect(await withClient((client) => client.get(client.node('qemu/129/config')))).toEqual(before);
    expect(lab.deployed()).toBe(0);
  });

  test.each([
    ['an address where nothing listens', { PROXMOX_VE_ENDPOINT: 'https://127.0.0.1:9' }, 'nothing listens'],
    ['a wrong token', { PROXMOX_VE_API_TOKEN: 'root@pam!lab=0-0' }, 'refuses the login as root@pam!lab'],
    ['another CA', { SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' }, 'SSL_CERT_FILE'],
    ['a wrong name of the node', { PROXMOX_VE_NODE_NAME: 'pvex' }, 'no node pvex; it has pve'],
    ['an SSH port where nothing listens', { LAB_SSH_PORT: '9' }, 'ssh root@127.0.0.1:9: nothing listens'],
  ])('%s is told by npm start, doctor and measure before anything is made', async (_, wrong, told) => {
    const environment = { ...lab.asProxmox(), ...wrong };
    for (const [args, expected] of [
      [['start', '--', '--yes'], 2],
      [['run', 'doctor', '--', '--json'], 4],
      [['run', 'measure'], 2],
    ] as const) {
      const { code, output } = await lab.npm(args, environment).ended;
      expect(output).toContain(told);
      expect(output).not.toMatch(NO_STACK);
      expect(code).toBe(expected);
    }
    expect(lab.deployed()).toBe(0);
  });

  test('a Proxmox VE node is not touched where a vmid is taken, nor where nobody answers the question', async () => {
    const taken = await lab.npm(['start', '--', '--yes'], lab.asProxmox()).ended;
    expect(taken.output).toContain('VM 129 "mail" on node pve');
    expect(taken.code).toBe(2);
    await withClient(async (client) => client.wait(await client.delete<string>(client.node('qemu/129'))));
    const { code, output } = await lab.npm(['start'], lab.asProxmox()).ended;
    expect(output).toContain('this makes, measures and then destroys');
    expect(output).toContain('give --yes');
    expect(code).toBe(2);
  });
});

test('no secret is in arguments, logs, state or synthesized files of a whole run', async () => {
  const run = lab.start();
  const seen: string[] = [];
  const watch = setInterval(
    () => seen.push(...pids().map((pid) => readIfThere(`/proc/${pid}/cmdline`))),
    100,
  );
  try {
    await run.seen('== Destroy');
    expect(lab.deployed()).toBeGreaterThan(0);
    const secrets = lab.secrets();
    expect((await run.ended).code).toBe(0);
    const { output } = await run.ended;
    const places = new Map([['output', output], ['arguments', seen.join('\n')], ...lab.records()]);
    expect([...places.keys()]).toEqual(
      expect.arrayContaining([
        'terraform.lab.tfstate.backup',
        '.lab/log/cdktf-deploy.log',
        '.lab/node/log/node.log',
        'cdktf.out/stacks/lab/cdk.tf.json',
      ]),
    );
    const found = [...places].filter(([, content]) => secrets.some((secret) => content.includes(secret)));
    expect(found.map(([place]) => place)).toEqual([]);
  } finally {
    clearInterval(watch);
  }
});

function processGroup(pid: number): number {
  const stat = readIfThere(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}
