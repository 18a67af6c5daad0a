import type { Lab } from '../../config/lab';
import { findOrphans } from '../../experiment/orphans';
import type { ApiClient } from '../../proxmox/api-client';

const lab = {
  nodeName: 'pve',
  node: {},
  networks: { servers: { bridge: 'vmbr10' }, clients: { bridge: 'vmbr20' } },
  storage: { disks: 'local-lvm', images: 'local', snippets: 'local' },
  guests: [],
} as unknown as Lab;
const answers: Record<string, unknown> = {
  'nodes/pve/qemu': [
    { vmid: 129, name: 'wordpress', status: 'running', tags: 'lab;lab-0a1b2c3d;wordpress' },
    { vmid: 229, name: 'wordpress', status: 'stopped', tags: 'lab-ffffffff' },
    { vmid: 300, name: 'mail', status: 'running', tags: 'lab' },
  ],
  'nodes/pve/qemu/129/config': { meta: 'creation-qemu=10.1.2,ctime=1764000000' },
  'nodes/pve/qemu/229/config': { meta: 'creation-qemu=10.1.2,ctime=1763000000' },
  'nodes/pve/storage/local/content': [
    { volid: 'local:snippets/lab-0a1b2c3d-role-wordpress-000000000000.yaml', ctime: 1764000100 },
    { volid: 'local:import/lab-ffffffff-template-abc.qcow2', ctime: 1762000000 },
    { volid: 'local:snippets/lab-wordpress.yaml', ctime: 1 },
  ],
  'nodes/pve/network': [
    { iface: 'vmbr10', comments: 'lab: servers (lab-ffffffff)\n' },
    { iface: 'vmbr0', comments: 'see lab-0a1b2c3d\n' },
  ],
};
const client = {
  node: (path: string, node = 'pve') => `nodes/${node}/${path}`,
  get: async (path: string) => answers[path] ?? [],
} as unknown as ApiClient;

test('what carries an identity is listed by lab, the oldest first, with the time of the oldest of it', async () => {
  const orphans = await findOrphans(client, lab, undefined);
  expect(orphans.map(({ tag, madeAt, things }) => [tag, madeAt, things.map(({ id }) => id)])).toEqual([
    ['lab-ffffffff', 1762000000, ['229', 'local:import/lab-ffffffff-template-abc.qcow2', 'vmbr10']],
    ['lab-0a1b2c3d', 1764000000, ['129', 'local:snippets/lab-0a1b2c3d-role-wordpress-000000000000.yaml']],
  ]);
});

test('the lab that is deployed from here is no orphan', async () => {
  expect((await findOrphans(client, lab, 'lab-0a1b2c3d')).map(({ tag }) => tag)).toEqual(['lab-ffffffff']);
});

test('guests on other nodes of the lab are asked there when they were made', async () => {
  const two = { ...lab, guests: [{ vmid: 129, node: 'pve2' }], templates: [] } as unknown as Lab;
  const cluster = {
    ...client,
    get: async (path: string) =>
      ({
        'nodes/pve2/qemu': [{ vmid: 229, name: 'wordpress', status: 'running', tags: 'lab-ffffffff' }],
        'nodes/pve2/qemu/229/config': { meta: 'creation-qemu=10.1.2,ctime=1763000000' },
      })[path] ?? [],
  } as unknown as ApiClient;
  expect(await findOrphans(cluster, two, undefined)).toMatchObject([
    { tag: 'lab-ffffffff', madeAt: 1763000000, things: [{ id: '229', node: 'pve2' }] },
  ]);
});
