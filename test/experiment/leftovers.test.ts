import type { Lab } from '../../config/lab';
import { findLeftovers } from '../../experiment/leftovers';
import type { ApiClient } from '../../proxmox/api-client';

const lab = {
  name: 'lab',
  storage: { disks: 'local-lvm', images: 'local', snippets: 'local' },
  networks: { servers: { bridge: 'vmbr10' }, clients: { bridge: 'vmbr20' } },
  guests: [{ vmid: 129 }, { vmid: 116 }],
} as unknown as Lab;

/** A node whose lists are given by path. */
function nodeWith(answers: Record<string, unknown>): ApiClient {
  return {
    node: (path: string) => `nodes/pve/${path}`,
    get: async (path: string) => answers[path] ?? [],
  } as unknown as ApiClient;
}

test('a clean node has no leftovers', async () => {
  expect(await findLeftovers(nodeWith({}), lab)).toEqual([]);
});

test("guests with the lab's tag, files with its name, its bridges and orphaned disks are found", async () => {
  const node = nodeWith({
    'cluster/resources': [{ vmid: 129, name: 'wordpress', status: 'running', tags: 'x;lab' }],
    'nodes/pve/storage/local/content': [
      { volid: 'local:snippets/lab-wordpress.yaml' },
      { volid: 'local:iso/debian.iso' },
    ],
    'nodes/pve/storage/local-lvm/content': [
      { volid: 'local-lvm:116/vm-116-disk-0.qcow2', vmid: 116 },
      { volid: 'local-lvm:129/vm-129-disk-0.qcow2', vmid: 129 },
      { volid: 'local-lvm:900/vm-900-disk-0.qcow2', vmid: 900 },
    ],
    'nodes/pve/network': [
      { iface: 'vmbr10', comments: 'lab servers\n' },
      { iface: 'vmbr20', comments: "somebody else's\n" },
      { iface: 'vmbr0' },
    ],
  });
  expect((await findLeftovers(node, lab)).map(({ kind, id }) => [kind, id])).toEqual([
    ['guest', '129'],
    ['volume', 'local-lvm:116/vm-116-disk-0.qcow2'],
    ['file', 'local:snippets/lab-wordpress.yaml'],
    ['bridge', 'vmbr10'],
  ]);
});

test("a foreign VM under one of the lab's vmids is not the lab's to list, nor are its disks", async () => {
  const node = nodeWith({
    'cluster/resources': [{ vmid: 129, name: 'mail', status: 'running' }],
    'nodes/pve/storage/local-lvm/content': [{ volid: 'local-lvm:129/vm-129-disk-0.qcow2', vmid: 129 }],
  });
  expect(await findLeftovers(node, lab)).toEqual([]);
});
