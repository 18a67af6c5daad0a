import crypto from 'node:crypto';
import { LoginGuard } from '../../../local-node/access/login-guard';
import { hashPassword } from '../../../local-node/access/secrets';
import { callApi, PASSWORD, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await lab.close();
});

const login = async (username: string, password: string): Promise<number> =>
  (await callApi(lab, 'POST', '/access/ticket', { username, password }, {})).status;

test('after ten wrong passwords a name waits a minute, with the right one too, and no other name does', async () => {
  for (let attempt = 0; attempt < 10; attempt += 1) expect(await login('root@pam', 'wrong')).toBe(401);
  expect(await login('root@pam', PASSWORD)).toBe(429);
  expect(await login('ann@pve', 'wrong')).toBe(401);
  lab.clock.seconds += 61;
  expect(await login('root@pam', PASSWORD)).toBe(200);
});

test('who is logged in by a ticket or a token is not kept waiting', async () => {
  const { data } = await callApi(
    lab,
    'POST',
    '/access/ticket',
    { username: 'root@pam', password: PASSWORD },
    {},
  );
  const { ticket } = data as { ticket: string };
  for (let attempt = 0; attempt < 10; attempt += 1) await login('root@pam', 'wrong');
  expect((await callApi(lab, 'GET', '/version')).status).toBe(200);
  expect(
    (await callApi(lab, 'GET', '/version', undefined, { cookie: `PVEAuthCookie=${ticket}` })).status,
  ).toBe(200);
  expect(await login('root@pam', ticket)).toBe(200);
});

test('the right password forgives the wrong ones before it', async () => {
  for (let attempt = 0; attempt < 9; attempt += 1) await login('root@pam', 'wrong');
  expect(await login('root@pam', PASSWORD)).toBe(200);
  for (let attempt = 0; attempt < 9; attempt += 1) await login('root@pam', 'wrong');
  expect(await login('root@pam', PASSWORD)).toBe(200);
});

test('a name that is unknown, disabled or without a password costs what a known one does', async () => {
  await callApi(lab, 'POST', '/access/users', { userid: 'off@pve', password: PASSWORD, enable: '0' });
  await callApi(lab, 'POST', '/access/users', { userid: 'bare@pve' });
  const scrypt = jest.spyOn(crypto, 'scrypt');
  for (const name of ['root@pam', 'nobody@pve', 'off@pve', 'bare@pve', 'no realm']) {
    scrypt.mockClear();
    const answer = await callApi(lab, 'POST', '/access/ticket', { username: name, password: 'wrong' }, {});
    expect([name, answer.status, answer.reason]).toEqual([name, 401, 'authentication failure']);
    expect([name, scrypt.mock.calls.length]).toEqual([name, 1]);
  }
});

test('passwords are checked one at a time, the limit holds for attempts at once, and too many are sent away', async () => {
  const real = crypto.scrypt as (...all: unknown[]) => void;
  let [running, most, calls] = [0, 0, 0];
  jest.spyOn(crypto, 'scrypt').mockImplementation(((...all: unknown[]) => {
    running += 1;
    calls += 1;
    most = Math.max(most, running);
    const done = all.pop() as (...answer: unknown[]) => void;
    real(...all, (...answer: unknown[]) => {
      running -= 1;
      done(...answer);
    });
  }) as typeof crypto.scrypt);
  const answers = await Promise.all(Array.from({ length: 60 }, () => login('root@pam', 'wrong')));
  const count = (status: number) => answers.filter((each) => each === status).length;
  expect({ 401: count(401), 429: count(429), calls, most }).toEqual({ 401: 10, 429: 50, calls: 10, most: 1 });
});

test('the event loop turns while a password is checked', async () => {
  const guard = new LoginGuard({ now: () => 0, steady: () => 0 });
  const hash = await hashPassword('right');
  const order: string[] = [];
  const checked = guard.fits('a', 'right', () => hash).then((fits) => order.push(`fits ${fits}`));
  await new Promise((resolve) => setImmediate(resolve));
  order.push('another turn');
  await checked;
  expect(order).toEqual(['another turn', 'fits true']);
});
