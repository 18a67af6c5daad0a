import { addresses, labWith, localConnection, requirements, resources, synthesized } from './synthesized';

const VM = 'proxmox_virtual_environment_vm';
const DIRECTORY = 'proxmox_storage_directory';
const proxmox = {
  ...({ kind: 'proxmox', endpoint: 'https://pve.example.org:8006', insecure: false } as const),
  ssh: { address: 'pve.example.org', port: 22, username: 'root', agent: false },
};

const lab = labWith((draft) => {
  const content = ['images', 'import', 'snippets'];
  draft.storages = {
    fast: { type: 'directory', content },
    far: { type: 'nfs', content: ['backup'], server: '192.0.2.9', export: '/srv/lab' },
    thin: { type: 'lvmthin', content: ['images'], volumeGroup: 'pve', thinPool: 'data' },
    thick: { type: 'lvm', content: ['images'], volumeGroup: 'pve' },
    pool: { type: 'zfspool', content: ['images'], zfsPool: 'rpool/lab' },
  };
  draft.storage = { disks: 'fast', images: 'fast', snippets: 'fast' };
});

test("each declared storage is a resource of its type on the lab's node", () => {
  const made = synthesized(lab, { connection: proxmox });
  expect(resources(made, DIRECTORY)).toMatchObject([
    { id: 'fast', path: '/var/lib/pve-virtualization-lab/fast', nodes: ['pve'], shared: false },
  ]);
  expect(resources(made, 'proxmox_storage_nfs')).toMatchObject([
    { id: 'far', server: '192.0.2.9', export: '/srv/lab', content: ['backup'] },
  ]);
  expect(resources(made, 'proxmox_storage_lvmthin')).toMatchObject([
    { volume_group: 'pve', thin_pool: 'data' },
  ]);
  expect(resources(made, 'proxmox_storage_lvm')).toMatchObject([{ volume_group: 'pve' }]);
  expect(resources(made, 'proxmox_storage_zfspool')).toMatchObject([{ zfs_pool: 'rpool/lab' }]);
});

test("a directory without a path lies below the local node's own", () => {
  const [storage] = resources(synthesized(lab, { connection: localConnection }), DIRECTORY);
  expect(storage?.path).toBe('/state of node/storage/fast');
});

test('guests, images and snippets wait for it, so that it is destroyed after them', () => {
  const made = synthesized(lab);
  const [storage] = [...addresses(made).keys()].filter((address) => address.startsWith(DIRECTORY));
  for (const type of [VM, 'proxmox_virtual_environment_file']) {
    for (const address of [...addresses(made).keys()].filter((one) => one.startsWith(type))) {
      expect(requirements(made, address)).toContain(storage);
    }
  }
});
