import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { LINK_SECONDS } from '../../../local-node/access/login-links';
import { emptyConfig } from '../../../local-node/formats/guest-config';
import { pagePaths } from '../../../local-node/page/page-files';
import { callApi, PASSWORD, rootHeaders, startTestNode, type TestNode } from '../test-node';

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
  lab = await startTestNode({ logger: pino({ level: 'trace' }, output), rootPassword: PASSWORD });
});

afterEach(() => lab.close());

const get = (url: string, headers: Record<string, string> = {}) => lab.app.inject({ url, headers });

interface PageAnswer {
  readonly status: number;
  readonly data: Record<string, string>;
}

async function page(
  method: 'GET' | 'POST',
  path: string,
  payload?: Record<string, string>,
  headers: Record<string, string> = { authorization: `PVEAPIToken=${lab.token}` },
): Promise<PageAnswer> {
  const answer = await lab.app.inject({ method, url: `/page/api${path}`, headers, payload });
  return { status: answer.statusCode, data: answer.payload ? answer.json().data : undefined };
}

describe('the files of the page', () => {
  test('are served, with a policy that runs and asks nothing from elsewhere, and never in a frame', async () => {
    expect(pagePaths()).toEqual(expect.arrayContaining(['/', '/page/main.mjs', '/page/novnc/core/rfb.js']));
    for (const path of pagePaths()) {
      const { statusCode, headers, payload } = await get(path);
      expect([path, statusCode, payload.length > 0]).toEqual([path, 200, true]);
      expect(headers['content-type']).toMatch(/^(text\/(html|css|javascript)|image\/svg\+xml)/);
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe|https?:|\*/);
    }
  });

  test('hold no script and no style within HTML', async () => {
    const { payload } = await get('/');
    expect(payload).not.toMatch(/<style|style=|<script(?![^>]*src=)|\son\w+=/);
    const directory = join(__dirname, '../../../local-node/page/browser');
    const modules = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    const texts = modules
      .filter((name) => name.endsWith('.mjs'))
      .map((name) => readFileSync(join(directory, name), 'utf8'));
    expect(texts.length).toBeGreaterThan(10);
    expect(texts.join('\n')).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(/);
  });

  test.each([
    '/page/',
    '/page/index.html',
    '/page//main.mjs',
    '/page/%2e%2e%2fpage-files.ts',
    '/page/novnc/package.json',
    '/page/tsconfig.json',
    '/node_modules/@novnc/novnc/core/rfb.js',
  ])('are those of a list and no others: %s is none', async (path) => {
    const { statusCode, payload } = await get(path);
    expect([statusCode, payload]).toEqual([500, `no such file '${path}'\n`]);
  });

  test('are refused under a foreign host name, and the API beside them answers as before', async () => {
    expect((await get('/', { host: 'evil.example:8006' })).statusCode).toBe(421);
    expect((await get('/page/main.mjs', { host: 'evil.example' })).statusCode).toBe(421);
    expect((await callApi(lab, 'GET', '/version')).status).toBe(200);
    expect((await callApi(lab, 'GET', '/version', undefined, {})).status).toBe(401);
  });
});

describe('a link', () => {
  const login = (secret: string) => page('POST', '/login', { secret }, {});

  test('logs root@pam in once, with a ticket that the API takes as a header', async () => {
    const { data } = await page('POST', '/links');
    expect(Buffer.from(data.secret ?? '', 'base64url')).toHaveLength(32);
    const first = await login(data.secret ?? '');
    expect(first).toMatchObject({ status: 200, data: { username: 'root@pam' } });
    const headers = { authorization: `PVEAuthCookie=${first.data.ticket}` };
    expect((await callApi(lab, 'GET', '/nodes/pve/status', undefined, headers)).status).toBe(200);
    const withoutCsrf = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '301', memory: '64' }, headers);
    expect(withoutCsrf.status).toBe(401);
    expect((await login(data.secret ?? '')).status).toBe(401);
  });

  test('is too old after ten minutes, and of many only the newest are good', async () => {
    const { data: old } = await page('POST', '/links');
    lab.clock.seconds += LINK_SECONDS;
    expect((await login(old.secret ?? '')).status).toBe(401);
    const { data: early } = await page('POST', '/links');
    for (let made = 0; made < 20; made++) await page('POST', '/links');
    expect((await login(early.secret ?? '')).status).toBe(401);
    expect((await login('')).status).toBe(401);
  });

  test('is made for root@pam and the lab alone', async () => {
    const root = await rootHeaders(lab);
    await callApi(lab, 'POST', '/access/users', { userid: 'eve@pve' }, root);
    await callApi(lab, 'PUT', '/access/acl', { path: '/', users: 'eve@pve', roles: 'Administrator' }, root);
    const eve = await callApi(lab, 'POST', '/access/users/eve@pve/token/lab', { privsep: '0' }, root);
    const other = await callApi(lab, 'POST', '/access/users/root@pam/token/other', { privsep: '0' }, root);
    const tokens = [
      `eve@pve!lab=${(eve.data as { value: string }).value}`,
      `root@pam!other=${(other.data as { value: string }).value}`,
    ];
    for (const token of tokens) {
      const answer = await page('POST', '/links', undefined, { authorization: `PVEAPIToken=${token}` });
      expect(answer.status).toBe(403);
    }
    expect((await page('POST', '/links', undefined, {})).status).toBe(401);
    expect((await page('POST', '/links', undefined, root)).status).toBe(200);
  });

  test('and what it gives stand in no log and in no file of the node', async () => {
    const { data } = await page('POST', '/links');
    const given = await login(data.secret ?? '');
    await login(data.secret ?? '');
    const secrets = [data.secret, given.data.ticket, given.data.CSRFPreventionToken];
    const files = readdirSync(lab.node.stateDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'));
    expect(logged).toContain('/page/api/login');
    for (const secret of secrets) {
      expect(secret).toEqual(expect.any(String));
      expect(logged).not.toContain(secret);
      expect(files.filter((text) => text.includes(secret ?? ''))).toEqual([]);
    }
  });
});

test('what the page asks besides the API needs a login, and says how guests run and what leads into one', async () => {
  await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '301', memory: '64', vga: 'std', serial0: 'socket' });
  expect(await page('GET', '/node')).toEqual({
    status: 200,
    data: { name: 'pve', acceleration: 'simulated' },
  });
  expect((await page('GET', '/node', undefined, {})).status).toBe(401);
  const none = 'a simulated guest has none';
  const ways = { kind: 'qemu', screen: none, terminal: none, application: null };
  expect((await page('GET', '/guests/301')).data).toEqual(ways);
  jest.replaceProperty(lab.node.engine, 'acceleration', 'tcg');
  expect((await page('GET', '/guests/301')).data.screen).toBe('the guest does not run');
  const upid = String((await callApi(lab, 'POST', '/nodes/pve/qemu/301/status/start')).data);
  await lab.node.tasks.wait(upid, 10);
  expect((await page('GET', '/guests/301')).data).toEqual({
    kind: 'qemu',
    screen: null,
    terminal: null,
    application: null,
  });
  const forwards = join(lab.node.stateDir, 'run', 'forwards.json');
  mkdirSync(dirname(forwards), { recursive: true });
  writeFileSync(forwards, JSON.stringify([{ vmid: 301, local: 20301 }]));
  expect((await page('GET', '/guests/301')).data.application).toBe('127.0.0.1:20301');
  writeFileSync(forwards, JSON.stringify([{ vmid: 301, local: 20301, fault: 'taken' }]));
  expect((await page('GET', '/guests/301')).data.application).toBeNull();
  expect((await page('GET', '/guests/301', undefined, {})).status).toBe(401);
  expect((await page('GET', '/else')).status).toBe(501);
  const { containers } = lab.node.guests;
  await containers.store.write(302, emptyConfig(new Map()));
  const container = { kind: 'lxc', screen: 'a container has none', application: null };
  expect((await page('GET', '/guests/302')).data).toEqual({
    ...container,
    terminal: 'the guest does not run',
  });
  jest.spyOn(containers.engine, 'isRunning').mockReturnValue(true);
  expect((await page('GET', '/guests/302')).data).toEqual({ ...container, terminal: null });
});
