import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callApi, startTestNode, type TestNode } from '../test-node';

let root: string;
let lab: TestNode;
beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'storage-place-')));
  mkdirSync(join(root, 'allowed'));
  mkdirSync(join(root, 'elsewhere'));
  lab = await startTestNode({ directories: [join(root, 'allowed')] });
});
afterEach(async () => {
  await lab.close();
  rmSync(root, { recursive: true });
});

const declare = (path: string, more: object = {}) =>
  callApi(lab, 'POST', '/storage', { storage: 'more', type: 'dir', path, content: 'images,iso', ...more });

test("a storage is declared below the node's own directory or in one that the operator allowed", async () => {
  for (const path of [
    join(lab.node.stateDir, 'storage/more'),
    join(root, 'allowed'),
    join(root, 'allowed/deep/er'),
  ]) {
    expect(await declare(path, { nodes: 'pve' })).toMatchObject({ status: 200 });
    expect(await callApi(lab, 'GET', '/storage/more')).toMatchObject({ data: { path, nodes: 'pve' } });
    expect(await callApi(lab, 'DELETE', '/storage/more')).toMatchObject({ status: 200 });
  }
});

test.each([
  ['somewhere else', () => join(root, 'elsewhere')],
  ['beside an allowed one', () => join(root, 'allowed-not')],
  ['above an allowed one', () => root],
  ['by way of dots', () => `${join(root, 'allowed')}/../elsewhere`],
  ['by way of a link', () => join(root, 'allowed/link/x')],
  ['where the node keeps its keys', () => join(lab.node.stateDir, 'ssh')],
  ['where all storages are', () => join(lab.node.stateDir, 'storage')],
])('a storage that lies %s is refused with the reason, and nothing is made', async (_, path) => {
  symlinkSync(join(root, 'elsewhere'), join(root, 'allowed/link'));
  expect(await declare(path())).toMatchObject({
    status: 501,
    message: expect.stringContaining('LAB_NODE_DIRECTORIES'),
  });
  expect(await callApi(lab, 'GET', '/storage/more')).toMatchObject({ status: 500 });
});

test('a type of storage that the node has not is refused with the reason', async () => {
  const answer = await callApi(lab, 'POST', '/storage', { storage: 'far', type: 'nfs' });
  expect(answer).toMatchObject({
    status: 501,
    message: expect.stringMatching(/no block devices and mounts nothing/),
  });
});

test('what others have put into a storage stays when that is taken away', async () => {
  const path = join(root, 'allowed/mine');
  await declare(path);
  writeFileSync(join(path, 'template/iso/theirs.iso'), 'x');
  await callApi(lab, 'DELETE', '/storage/more');
  expect(await declare(path)).toMatchObject({ status: 200 });
  expect(await callApi(lab, 'GET', '/nodes/pve/storage/more/content')).toMatchObject({
    data: [{ volid: 'more:iso/theirs.iso' }],
  });
});
