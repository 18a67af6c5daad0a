import { callApi, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
});

afterEach(() => lab.close());

async function rows(path: string): Promise<object[]> {
  return (await callApi(lab, 'GET', path)).data as object[];
}

test('a task that runs, one that ended since the newest start, and older ones are told apart', async () => {
  const caller = { userId: 'root@pam' };
  await lab.node.tasks.wait(
    lab.node.tasks.run('imgcopy', 'old', caller, async () => undefined),
    5,
  );
  lab.clock.seconds += 10;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const upid = lab.node.tasks.run('imgcopy', 'new', caller, () => ended);

  const [running, old] = await rows('/cluster/tasks');
  expect(running).toMatchObject({ id: 'new', saved: '0' });
  expect(running).not.toHaveProperty('status');
  expect(old).toMatchObject({ id: 'old', saved: '1', status: 'OK' });
  const [active] = await rows('/nodes/pve/tasks?source=active');
  expect(active).toMatchObject({ id: 'new', saved: '0', status: 'RUNNING' });

  end();
  await lab.node.tasks.wait(upid, 5);
  expect(await rows('/cluster/tasks')).toEqual([
    expect.objectContaining({ id: 'new', saved: 1, status: 'OK' }),
    expect.objectContaining({ id: 'old', saved: '1' }),
  ]);
  const [archived] = await rows('/nodes/pve/tasks');
  expect(archived).toMatchObject({ id: 'new', status: 'OK' });
  expect(archived).not.toHaveProperty('saved');
});
