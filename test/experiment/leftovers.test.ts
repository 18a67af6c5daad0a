import type { Lab } from '../../config/lab';
import { labIdentity } from '../../config/lab-identity';
import { findLeftovers, removeLeftovers } from '../../experiment/leftovers';
import type { ApiClient } from '../../proxmox/api-client';

const lab = {
  name: 'lab',
  nodeName: 'pve',
  node: {},
  storage: { disks: 'local-lvm', images: 'local', snippets: 'local' },
  networks: { servers: { bridge: 'vmbr10' }, clients: { bridge: 'vmbr20' } },
  guests: [{ vmid: 129 }, { vmid: 116 }],
  templates: [],
} as unknown as Lab;

const sought = {
  lab,
  identity: labIdentity('0a1b2c3d-0000-4000-8000-000000000000'),
  vmids: new Set([129, 116]),
};

/** A node whose lists are given by path. */
function nodeWith(answers: Record<string, unknown>): ApiClient {
  return {
    node: (path: string, node = 'pve') => `nodes/${node}/${path}`,
    get: async (path: string) => answers[path] ?? [],
  } as unknown as ApiClient;
}

test('a clean node has no leftovers', async () => {
  expect(await findLeftovers(nodeWith({}), sought)).toEqual([]);
});

test("guests with the tag of the lab's identity, files and bridges with it and orphaned disks are found", async () => {
  const node = nodeWith({
    'cluster/resources': [{ vmid: 129, name: 'wordpress', status: 'unknown' }],
    'nodes/pve/qemu': [{ vmid: 129, name: 'wordpress', status: 'running', tags: 'lab;lab-0a1b2c3d' }],
    'nodes/pve/storage/local/content': [
      { volid: 'local:snippets/lab-0a1b2c3d-wordpress.yaml' },
      { volid: 'local:snippets/lab-ffffffff-wordpress.yaml' },
      { volid: 'local:snippets/lab-wordpress.yaml' },
      { volid: 'local:iso/debian.iso' },
    ],
    'nodes/pve/storage/local-lvm/content': [
      { volid: 'local-lvm:116/vm-116-disk-0.qcow2', vmid: 116 },
      { volid: 'local-lvm:129/vm-129-disk-0.qcow2', vmid: 129 },
      { volid: 'local-lvm:900/vm-900-disk-0.qcow2', vmid: 900 },
    ],
    'nodes/pve/network': [
      { iface: 'vmbr10', comments: 'lab: servers (lab-0a1b2c3d)\n' },
      { iface: 'vmbr20', comments: 'lab: clients (lab-ffffffff)\n' },
      { iface: 'vmbr0' },
    ],
  });
  expect((await findLeftovers(node, sought)).map(({ kind, id }) => [kind, id])).toEqual([
    ['vm', '129'],
    ['file', 'local:snippets/lab-0a1b2c3d-wordpress.yaml'],
    ['bridge', 'vmbr10'],
    ['volume', 'local-lvm:116/vm-116-disk-0.qcow2'],
  ]);
});

test("a foreign VM under one of the lab's vmids is not the lab's to list, nor are its disks", async () => {
  const node = nodeWith({
    'cluster/resources': [{ vmid: 129, name: 'mail', status: 'running' }],
    'nodes/pve/storage/local-lvm/content': [{ volid: 'local-lvm:129/vm-129-disk-0.qcow2', vmid: 129 }],
  });
  expect(await findLeftovers(node, sought)).toEqual([]);
});

test.each([
  ['of another clone with the same name', { vmid: 129, tags: 'lab;lab-ffffffff' }],
  ['whose owner has a tag like the name', { vmid: 129, tags: 'lab' }],
  ["that somebody cloned from one of the lab's", { vmid: 900, tags: 'lab;lab-0a1b2c3d' }],
])('a VM %s is not a leftover', async (_, row) => {
  const node = nodeWith({ 'nodes/pve/qemu': [{ name: 'x', status: 'running', ...row }] });
  expect(await findLeftovers(node, sought)).toEqual([]);
});

describe('a lab on two nodes', () => {
  const onTwo = (shared: readonly string[] = []) => ({
    ...sought,
    lab: {
      ...lab,
      storage: { ...lab.storage, shared },
      nodes: { pve2: { storage: { disks: 'zfs' } } },
      guests: [{ vmid: 129 }, { vmid: 116, node: 'pve2' }],
    } as unknown as Lab,
  });
  const file = { volid: 'local:snippets/lab-0a1b2c3d-moodle.yaml' };
  const lists = {
    'nodes/pve/storage/local/content': [file],
    'nodes/pve2/qemu': [{ vmid: 116, name: 'moodle', status: 'running', tags: 'lab;lab-0a1b2c3d' }],
    'nodes/pve2/storage/local/content': [file],
    'nodes/pve2/storage/zfs/content': [{ volid: 'zfs:vm-129-disk-0', vmid: 129 }],
    'nodes/pve2/network': [{ iface: 'vmbr10', comments: 'lab: servers (lab-0a1b2c3d)' }],
  };

  test('is looked for on both, each with its storages', async () => {
    const found = await findLeftovers(nodeWith(lists), onTwo());
    expect(found.map(({ kind, id, node }) => [kind, id, node])).toEqual([
      ['file', file.volid, undefined],
      ['vm', '116', 'pve2'],
      ['file', file.volid, 'pve2'],
      ['bridge', 'vmbr10', 'pve2'],
      ['volume', 'zfs:vm-129-disk-0', 'pve2'],
    ]);
    expect(found.map(({ description }) => description)).toContain('bridge vmbr10 on pve2');
  });

  test('has what is in a storage that they share once', async () => {
    const found = await findLeftovers(nodeWith(lists), onTwo(['local']));
    expect(found.filter(({ kind }) => kind === 'file')).toHaveLength(1);
  });

  test('is removed where it was found, and the network of that node alone is applied', async () => {
    const done: string[] = [];
    const note = (method: string) => async (path: string) => {
      done.push(`${method} ${path}`);
      return 'UPID:pve2:0:';
    };
    const client = {
      ...nodeWith(lists),
      ...{ post: note('POST'), put: note('PUT'), delete: note('DELETE'), wait: async () => {} },
    } as unknown as ApiClient;
    const found = (await findLeftovers(client, onTwo())).filter(({ node }) => node === 'pve2');
    await removeLeftovers(client, found, async () => []);
    expect(done).toEqual([
      'POST nodes/pve2/qemu/116/status/stop',
      'DELETE nodes/pve2/qemu/116',
      `DELETE nodes/pve2/storage/local/content/${encodeURIComponent(file.volid)}`,
      'DELETE nodes/pve2/network/vmbr10',
      'DELETE nodes/pve2/storage/zfs/content/zfs%3Avm-129-disk-0',
      'PUT nodes/pve2/network',
    ]);
  });
});

test('a container of the lab is found as such, and one of another lab is not', async () => {
  const node = nodeWith({
    'nodes/pve/lxc': [
      { vmid: 129, name: 'wordpress', status: 'stopped', tags: 'lab;lab-0a1b2c3d' },
      { vmid: 116, name: 'moodle', status: 'running', tags: 'lab;lab-ffffffff' },
    ],
  });
  expect(await findLeftovers(node, sought)).toEqual([
    expect.objectContaining({ kind: 'container', id: '129' }),
  ]);
});

test('a container that is left is removed by force, for one that has stopped cannot be stopped', async () => {
  const calls: unknown[] = [];
  const client = {
    node: (path: string) => path,
    delete: async (path: string, form: object) => calls.push([path, form]),
    wait: async () => undefined,
  } as unknown as ApiClient;
  const left = { kind: 'container', id: '129', description: '' } as const;
  await removeLeftovers(client, [left], async () => []);
  expect(calls).toEqual([['lxc/129', expect.objectContaining({ force: 1, purge: 1 })]]);
});

test('the backup job of the lab is found, and that of another lab or of somebody is not', async () => {
  const node = nodeWith({
    'cluster/backup': [{ id: 'backup-lab-0a1b2c3d' }, { id: 'backup-lab-ffffffff' }, { id: 'nightly' }],
  });
  const job = { kind: 'job', id: 'backup-lab-0a1b2c3d', description: 'backup job backup-lab-0a1b2c3d' };
  expect(await findLeftovers(node, sought)).toEqual([{ ...job, tag: 'lab-0a1b2c3d' }]);
});

test('backups of guests that are gone are no leftovers: they are kept on purpose', async () => {
  const node = nodeWith({
    'nodes/pve/storage/local-lvm/content': [
      { volid: 'local-lvm:backup/vzdump-qemu-116-2026_11_28-02_00_00.vma.zst', vmid: 116, content: 'backup' },
      { volid: 'local-lvm:116/vm-116-disk-0.qcow2', vmid: 116, content: 'images' },
    ],
  });
  expect((await findLeftovers(node, sought)).map(({ id }) => id)).toEqual([
    'local-lvm:116/vm-116-disk-0.qcow2',
  ]);
});

test('a backup job is removed by its id', async () => {
  const gone: string[] = [];
  const client = {
    ...nodeWith({}),
    delete: async (path: string) => {
      gone.push(path);
    },
  } as unknown as ApiClient;
  const job = { kind: 'job', id: 'backup-lab-0a1b2c3d', description: '' } as const;
  await removeLeftovers(client, [job], async () => []);
  expect(gone).toEqual(['cluster/backup/backup-lab-0a1b2c3d']);
});

test('a storage that the lab itself makes is not looked at while the node has none', async () => {
  const declared = {
    ...sought.lab,
    storage: { disks: 'fast', images: 'fast', snippets: 'fast' },
    storages: { fast: { type: 'directory', content: ['images'] } },
  } as unknown as Lab;
  const asked: string[] = [];
  const answering = nodeWith({ storage: [{ storage: 'local' }] });
  const get = (path: string) => {
    asked.push(path);
    return answering.get(path);
  };
  const node = { node: answering.node, get } as unknown as ApiClient;
  expect(await findLeftovers(node, { ...sought, lab: declared })).toEqual([]);
  expect(asked.filter((path) => path.includes('/storage/fast/'))).toEqual([]);
});
