import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { callApi, rootHeaders, startTestNode, type TestNode } from './test-node';

/** None of them may be found anywhere but where it is said. */
const CANARY = {
  ofUser: 'canary-of-user-1',
  changed: 'canary-changed-2',
  wrong: 'canary-wrong-3',
  cloudInit: 'canary-cloud-init-4',
  refused: 'canary-refused-5\u0007',
  ofGuest: 'canary-of-guest-6',
};

let lab: TestNode;
let logged = '';

beforeEach(async () => {
  logged = '';
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      logged += String(chunk);
      done();
    },
  });
  lab = await startTestNode({ logger: pino({ level: 'trace' }, output) });
});

afterEach(() => lab.close());

async function task(path: string, form: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  const { data } = await callApi(lab, 'POST', `/nodes/pve/qemu${path}`, form);
  return (await lab.node.tasks.wait(String(data), 30)).exitStatus;
}

/** Paths below the state directory of the files that hold the text. */
function holding(text: string): string[] {
  return readdirSync(lab.node.stateDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(lab.node.stateDir, path)).isFile())
    .filter((path) => readFileSync(join(lab.node.stateDir, path), 'latin1').includes(text))
    .sort();
}

test('no password that the node is given is kept, logged or told again', async () => {
  const asRoot = await rootHeaders(lab);
  const answers: unknown[] = [];
  const call = async (...args: Parameters<typeof callApi> extends [unknown, ...infer R] ? R : never) => {
    answers.push(await callApi(lab, ...args));
  };
  await call('POST', '/access/users', { userid: 'ann@pve', password: CANARY.ofUser });
  const change = { userid: 'ann@pve', password: CANARY.changed, 'confirmation-password': 'a long password' };
  await call('PUT', '/access/password', change, asRoot);
  await call('POST', '/access/ticket', { username: 'ann@pve', password: CANARY.changed }, {});
  await call('POST', '/access/ticket', { username: 'ann@pve', password: CANARY.wrong }, {});
  expect(
    await task('', { vmid: '100', ide2: 'local-lvm:cloudinit', agent: '1', cipassword: CANARY.cloudInit }),
  ).toBe('OK');
  expect(await task('/100/status/start')).toBe('OK');
  await call('PUT', '/nodes/pve/qemu/100/config', { cipassword: CANARY.refused });
  await call('POST', '/nodes/pve/qemu/100/agent/set-user-password', {
    username: 'root',
    password: CANARY.ofGuest,
  });
  for (const path of ['config', 'pending', 'cloudinit', 'cloudinit/dump?type=user', 'status/current']) {
    await call('GET', `/nodes/pve/qemu/100/${path}`);
  }
  await call('GET', '/cluster/tasks');

  const told = JSON.stringify(answers);
  const found = Object.entries(CANARY).filter(
    ([, secret]) => told.includes(secret) || logged.includes(secret) || holding(secret).length > 0,
  );
  expect(found.map(([name]) => name)).toEqual([]);
});

test("a token's secret is told once and kept in priv/ alone, for its owner to read", async () => {
  await callApi(lab, 'POST', '/access/users', { userid: 'ann@pve' });
  const { data } = await callApi(lab, 'POST', '/access/users/ann@pve/token/own');
  const { value } = data as { value: string };
  await callApi(lab, 'GET', '/version', undefined, { authorization: `PVEAPIToken=ann@pve!own=${value}` });
  await callApi(lab, 'GET', '/version', undefined, { authorization: `PVEAPIToken=ann@pve!no=${value}` });
  const token = await callApi(lab, 'GET', '/access/users/ann@pve/token/own');
  expect(JSON.stringify(token)).not.toContain(value);
  expect(logged).not.toContain(value);
  const files = holding(value);
  expect(files.map((path) => path.replace(/\.good\//, ''))).toEqual([
    'etc/pve/priv/token.cfg',
    'etc/pve/priv/token.cfg',
  ]);
  for (const path of files) expect(statSync(join(lab.node.stateDir, path)).mode & 0o077).toBe(0);
});

test('tickets, the key that signs them and the key of the certificate are in no log and no answer', async () => {
  const asRoot = await rootHeaders(lab);
  const answers = [
    await callApi(lab, 'GET', '/access/users', undefined, asRoot),
    await callApi(lab, 'GET', '/nodes/pve/nope', undefined, asRoot),
    await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: 'x' }, { ...asRoot, csrfpreventiontoken: 'wrong' }),
  ];
  const ticket = String(asRoot.cookie).slice('PVEAuthCookie='.length);
  const everything = JSON.stringify(answers) + logged;
  for (const secret of [ticket, asRoot.csrfpreventiontoken]) {
    expect(everything).not.toContain(secret);
    expect(holding(String(secret))).toEqual([]);
  }
  for (const path of readdirSync(join(lab.node.stateDir, 'etc/pve/priv'), { encoding: 'utf8' })) {
    expect(statSync(join(lab.node.stateDir, 'etc/pve/priv', path)).mode & 0o077).toBe(0);
  }
});
