import { SharedAnswers } from '../../../local-node/api/shared-answers';
import { callApi, startTestNode } from '../test-node';

test('calls that ask the same at the same time are answered by one work', async () => {
  const answers = new SharedAnswers();
  let works = 0;
  const ask = (question: string) =>
    answers.join(question, () => {
      works += 1;
      return [works];
    });
  const [first, second, other] = await Promise.all([ask('a'), ask('a'), ask('b')]);
  expect([first.body('json').toString(), works]).toEqual(['{"data":[1]}', 2]);
  expect(second).toBe(first);
  expect(other).not.toBe(first);
  expect(first.body('extjs').toString()).toBe('{"data":[1],"success":1}');
});

test('a call that comes when the work has begun has its own', async () => {
  const answers = new SharedAnswers();
  let state = 'old';
  let begun: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let go: () => void = () => undefined;
  const mayGo = new Promise<void>((resolve) => {
    go = resolve;
  });
  const first = answers.join('a', async () => {
    const seen = state;
    begun();
    await mayGo;
    return seen;
  });
  await hasBegun;
  state = 'new';
  const second = answers.join('a', () => state);
  go();
  expect((await second).body('json').toString()).toBe('{"data":"new"}');
  expect((await first).body('json').toString()).toBe('{"data":"old"}');
});

test('a failed work fails all that wait for it, and none that come later', async () => {
  const answers = new SharedAnswers();
  const fail = () => answers.join('a', () => Promise.reject(new Error('no')));
  const results = await Promise.allSettled([fail(), fail()]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect((await answers.join('a', () => 1)).body('json').toString()).toBe('{"data":1}');
});

test('callers who wait together each see what they may see', async () => {
  const lab = await startTestNode();
  try {
    const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '100' });
    await lab.node.tasks.wait(String(data), 30);
    await callApi(lab, 'POST', '/access/users', { userid: 'eve@pve', password: 'not-her-password' });
    const login = await callApi(lab, 'POST', '/access/ticket', {
      ...{ username: 'eve@pve', password: 'not-her-password' },
    });
    const { ticket } = login.data as { ticket: string };
    const list = (headers?: Readonly<Record<string, string>>) =>
      callApi(lab, 'GET', '/nodes/pve/qemu', undefined, headers);
    const [root, eve] = await Promise.all([list(), list({ cookie: `PVEAuthCookie=${ticket}` })]);
    expect(root.data).toHaveLength(1);
    expect(eve).toMatchObject({ status: 200, data: [] });
  } finally {
    await lab.close();
  }
});
