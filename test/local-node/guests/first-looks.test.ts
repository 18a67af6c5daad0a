import { callApi, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

afterEach(() => lab.close());

async function make(vmid: string): Promise<void> {
  const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid, name: 'web', tags: 'lab' });
  expect((await lab.node.tasks.wait(String(data), 5)).exitStatus).toBe('OK');
}

const rows = async () => (await callApi(lab, 'GET', '/cluster/resources?type=vm')).data;

test('a new guest is unknown and without a name in the cluster until the next look at the guests', async () => {
  lab = await startTestNode({ statisticsSeconds: 10 });
  lab.clock.seconds += 4;
  await make('100');
  const unknown = { id: 'qemu/100', type: 'qemu', node: 'pve', vmid: 100, status: 'unknown', tags: 'lab' };
  expect(await rows()).toEqual([unknown]);
  expect((await callApi(lab, 'GET', '/nodes/pve/qemu')).data).toMatchObject([{ name: 'web' }]);
  lab.clock.seconds += 5;
  expect(await rows()).toEqual([unknown]);
  lab.clock.seconds += 1;
  expect(await rows()).toMatchObject([{ name: 'web', status: 'stopped', template: 0 }]);
});

test('a clone is new as well, and the guest that it is made of is not', async () => {
  lab = await startTestNode({ statisticsSeconds: 10 });
  await make('100');
  lab.clock.seconds += 10;
  const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu/100/clone', { newid: '101' });
  await lab.node.tasks.wait(String(data), 5);
  expect(await rows()).toMatchObject([{ name: 'web' }, { vmid: 101, status: 'unknown' }]);
});

test('without an interval each guest is listed whole at once', async () => {
  lab = await startTestNode();
  await make('100');
  expect(await rows()).toMatchObject([{ name: 'web', status: 'stopped' }]);
});
