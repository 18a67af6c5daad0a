import { callApi, startTestNode, type TestNode } from '../test-node';

const CONTENT = '/nodes/pve/storage/local-lvm/content';
let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  await done('POST', '/nodes/pve/qemu', { vmid: '100', scsi0: 'local-lvm:1', scsi1: 'local-lvm:2' });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await lab.close();
});

async function done(...[method, path, form]: ['POST' | 'PUT', string, Record<string, string>]) {
  const { data } = await callApi(lab, method, path, form);
  if (typeof data === 'string') expect((await lab.node.tasks.wait(data, 30)).exitStatus).toBe('OK');
}

async function sizes(): Promise<number[]> {
  const { data } = await callApi(lab, 'GET', CONTENT);
  return (data as { size: number }[]).map(({ size }) => size / 1024 ** 3);
}

/** As if what was changed had been so for a minute. */
function later(): void {
  const time = Date.now() + 60_000;
  jest.spyOn(Date, 'now').mockReturnValue(time);
}

test('an image that stays the same is looked at once for all lists', async () => {
  later();
  const look = jest.spyOn(lab.node.engine, 'diskInfo');
  for (let turn = 0; turn < 3; turn += 1) expect(await sizes()).toEqual([1, 2]);
  expect(look).toHaveBeenCalledTimes(2);
});

test('an image that has grown, come or gone shows so in the next list', async () => {
  later();
  expect(await sizes()).toEqual([1, 2]);
  jest.restoreAllMocks();
  await done('PUT', '/nodes/pve/qemu/100/resize', { disk: 'scsi0', size: '5G' });
  expect(await sizes()).toEqual([5, 2]);
  await done('POST', '/nodes/pve/qemu', { vmid: '101', scsi0: 'local-lvm:3' });
  expect(await sizes()).toEqual([5, 2, 3]);
  await done('PUT', '/nodes/pve/qemu/100/config', { delete: 'scsi1' });
  await done('PUT', '/nodes/pve/qemu/100/config', { delete: 'unused0' });
  expect(await sizes()).toEqual([5, 3]);
});

test('an image that could not be read is looked at again', async () => {
  later();
  jest.spyOn(lab.node.engine, 'diskInfo').mockRejectedValue(new Error('too many open files'));
  expect(await sizes()).toEqual([]);
  jest.restoreAllMocks();
  later();
  expect(await sizes()).toEqual([1, 2]);
});
