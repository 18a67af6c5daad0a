import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DestroyTimes } from '../../../measure/collect/destroy-times';
import type { ApiClient } from '../../../proxmox/api-client';
import { callApi, startTestNode } from '../../local-node/test-node';

const root = mkdtempSync(join(tmpdir(), 'destroy-'));
mkdirSync(join(root, 'raw'));
afterAll(() => rmSync(root, { recursive: true }));

test('times are those of this destroy, by the node’s tasks; a guest without a task that ended well has none', async () => {
  const earlier = { upid: 'a', id: '129', starttime: 10, endtime: 11, status: 'OK' };
  const tasks = [earlier];
  const asked: unknown[] = [];
  const client = {
    node: (path: string) => `nodes/pve/${path}`,
    get: async (path: string, query: object) => {
      asked.push([path, query]);
      return [...tasks];
    },
  } as unknown as ApiClient;
  const guests = [
    { name: 'wordpress', vmid: 129 },
    { name: 'moodle', vmid: 116 },
    { name: 'mediawiki', vmid: 128 },
  ];
  const times = await DestroyTimes.before(client, { guests } as never);
  tasks.unshift(
    { upid: 'b', id: '129', starttime: 100, endtime: 104, status: 'OK' },
    { upid: 'c', id: '116', starttime: 100, endtime: 101, status: 'VM is running - destroy failed' },
  );
  await times.save(root);
  expect(JSON.parse(readFileSync(join(root, 'raw/destroy.json'), 'utf8'))).toEqual([
    { guest: 'wordpress', startedAt: 100, endedAt: 104 },
    { guest: 'moodle', startedAt: null, endedAt: null },
    { guest: 'mediawiki', startedAt: null, endedAt: null },
  ]);
  expect(asked[0]).toEqual(['nodes/pve/tasks', { typefilter: 'qmdestroy', limit: 500 }]);
});

test('the local node tells them of a guest that was destroyed', async () => {
  const node = await startTestNode();
  try {
    const client = {
      node: (path: string) => `/nodes/pve/${path}`,
      get: async (path: string, { typefilter, limit }: { typefilter: string; limit: number }) =>
        (await callApi(node, 'GET', `${path}?typefilter=${typefilter}&limit=${limit}`)).data,
    } as unknown as ApiClient;
    const ended = async (method: 'POST' | 'DELETE', path: string, form?: Record<string, string>) => {
      const { data } = await callApi(node, method, path, form);
      return callApi(node, 'GET', `/nodes/pve/tasks/${encodeURIComponent(String(data))}/status`);
    };
    await ended('POST', '/nodes/pve/qemu', { vmid: '129', name: 'wordpress' });
    const times = await DestroyTimes.before(client, { guests: [{ name: 'wordpress', vmid: 129 }] } as never);
    await ended('DELETE', '/nodes/pve/qemu/129');
    await times.save(root);
    expect(JSON.parse(readFileSync(join(root, 'raw/destroy.json'), 'utf8'))).toEqual([
      { guest: 'wordpress', startedAt: node.clock.seconds, endedAt: node.clock.seconds },
    ]);
  } finally {
    await node.close();
  }
});
