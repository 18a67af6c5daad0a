import type { Lab } from '../../config/lab';
import { labIdentity } from '../../config/lab-identity';
import { findLeftovers } from '../../experiment/leftovers';
import type { ApiClient } from '../../proxmox/api-client';

const lab = {
  name: 'lab',
  storage: { disks: 'local-lvm', images: 'local', snippets: 'local' },
  networks: { servers: { bridge: 'vmbr10' }, clients: { bridge: 'vmbr20' } },
  guests: [{ vmid: 129 }, { vmid: 116 }],
} as unknown as Lab;

const sought = {
  lab,
  identity: labIdentity('0a1b2c3d-0000-4000-8000-000000000000'),
  vmids: new Set([129, 116]),
};

/** A node whose lists are given by path. */
function nodeWith(answers: Record<string, unknown>): ApiClient {
  return {
    node: (path: string) => `nodes/pve/${path}`,
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
    ['guest', '129'],
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
