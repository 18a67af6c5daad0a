import { once } from 'node:events';
import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { RunWatch } from '../../../measure/watch/run-watch';
import { WatchServer } from '../../../measure/watch/watch-server';
import { GrowingRun } from '../fixtures/growing-run';

const TOKEN = 'the-token-of-this-test-the-token-of-this-test';
const run = new GrowingRun({ blocks: 1, sessions: 1 });
let watch: RunWatch;
let server: WatchServer;

beforeAll(async () => {
  run.bringAll();
  watch = new RunWatch(run.directory);
  watch.look();
  server = await WatchServer.listen(watch, TOKEN, 0);
});
afterAll(async () => {
  await server.close();
  run.remove();
});

async function ask(path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
  const asked = request({ host: '127.0.0.1', port: server.port, path, ...options }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}

async function answered(path: string, options: RequestOptions = {}) {
  const answer = await ask(path, options);
  let body = '';
  for await (const chunk of answer) body += chunk;
  return { status: answer.statusCode, headers: answer.headers, body };
}

test.each(['without a token', 'with another token', 'with a token that is too long'])(
  'nothing is told %s',
  async (how) => {
    const token =
      how === 'without a token' ? '' : how.includes('long') ? `${TOKEN}x` : TOKEN.replace('t', 'x');
    for (const path of ['', 'events', 'report-so-far.html', 'visits/000-level0.json']) {
      const { status, body } = await answered(`/${token}/${path}`);
      expect({ status, body }).toEqual({ status: 404, body: 'there is no such page\n' });
    }
  },
);

test('a page under another name is refused, which a DNS that lies would make of it', async () => {
  const headers = { Host: `evil.example:${server.port}` };
  expect((await answered(`/${TOKEN}/`, { headers })).status).toBe(403);
  expect((await answered(`/${TOKEN}/`, { headers: { Host: `localhost:${server.port}` } })).status).toBe(200);
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])(
  '%s is refused: the page can only be read',
  async (method) => {
    expect((await answered(`/${TOKEN}/`, { method })).status).toBe(405);
  },
);

test.each([
  'package.json',
  '../package.json',
  'visits/..%2fplan.json',
  'visits/999-level0.json',
  'toString',
  '__proto__',
  'raw/environment.json',
])('no other file is served: %s', async (path) => {
  expect((await answered(`/${TOKEN}/${path}`)).status).toBe(404);
});

test('every answer has the policy, and no script or style stands in the page itself', async () => {
  for (const path of [
    '',
    'watch.js',
    'charts.js',
    'plan.js',
    'watch.css',
    'visits/000-level0.json',
    'absent',
  ]) {
    const { headers } = await answered(`/${TOKEN}/${path}`);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self'/,
    );
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['referrer-policy']).toBe('no-referrer');
    expect(headers['cache-control']).toBe('no-store');
  }
  const { body } = await answered(`/${TOKEN}/`);
  expect(body).not.toMatch(/<style|style=|<script>| on\w+=/);
  const report = await answered(`/${TOKEN}/report-so-far.html`);
  expect(report.headers['content-security-policy']).not.toContain('script-src');
  expect(report.body).toContain('Scenario 1');
});

test('events begin with the state, and go on after the number that a page comes back with', async () => {
  run.begin();
  run.making('visit', '000-level0');
  run.sample('000-level0', 0, 3);
  watch.look();
  const [first] = watch.readingsAfter(0);
  const headers = { 'Last-Event-ID': String(first?.id) };
  const events = await ask(`/${TOKEN}/events`, { headers });
  expect(events.headers['content-type']).toBe('text/event-stream');
  let text = '';
  events.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const until = async (count: number): Promise<void> => {
    while ([...text.matchAll(/^event: .*\n(data: .*\n)\n/gm)].length < count) await once(events, 'data');
  };
  await until(3);
  run.sample('000-level0', 3, 1);
  server.tell(watch.look());
  await until(4);
  expect([...text.matchAll(/^event: (\w+)$/gm)].map(([, name]) => name)).toEqual([
    'state',
    'reading',
    'reading',
    'reading',
  ]);
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  expect(ids).toEqual(watch.readingsAfter(first?.id ?? 0).map(({ id }) => id));
  expect(server.openPages).toBe(1);
  events.destroy();
});

test('no more pages are served at once than it is made for', async () => {
  const open: IncomingMessage[] = [];
  for (let page = 0; page < 16; page += 1) open.push(await ask(`/${TOKEN}/events`));
  expect((await answered(`/${TOKEN}/events`)).status).toBe(503);
  for (const page of open) page.destroy();
});
