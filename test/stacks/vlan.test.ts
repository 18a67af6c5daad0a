import { addresses, type Draft, labWith, requirements, resources, synthesized } from './synthesized';

const BRIDGE = 'proxmox_network_linux_bridge';
const VLAN = 'proxmox_network_linux_vlan';
const VM = 'proxmox_virtual_environment_vm';
const made = (change: (draft: Draft) => void) => synthesized(labWith(change));

test('a bridge that knows VLANs keeps the gateway of guests without a tag', () => {
  const configuration = made((draft) => {
    draft.networks.servers.vlanAware = true;
  });
  expect(resources(configuration, BRIDGE)).toContainEqual(
    expect.objectContaining({ name: 'vmbr10', address: '192.168.10.1/24', vlan_aware: true }),
  );
  expect(configuration.resource[VLAN]).toBeUndefined();
});

test('guests with a tag find their gateway in the VLAN, which is there before them', () => {
  const configuration = made((draft) => {
    draft.networks.servers.vlanAware = true;
    for (const guest of draft.guests) guest.vlan = 10;
  });
  const bridges = resources(configuration, BRIDGE);
  expect(bridges.find(({ name }) => name === 'vmbr10')?.address).toBeUndefined();
  expect(bridges.find(({ name }) => name === 'vmbr20')?.address).toBe('192.168.20.1/24');
  expect(resources(configuration, VLAN)).toMatchObject([{ name: 'vmbr10.10', address: '192.168.10.1/24' }]);
  const all = [...addresses(configuration).keys()];
  const vlan = all.find((address) => address.startsWith(VLAN));
  for (const vm of resources(configuration, VM)) {
    expect(vm.network_device).toMatchObject([{ bridge: expect.anything(), vlan_id: 10 }]);
  }
  for (const address of all.filter((one) => one.startsWith(VM))) {
    expect(requirements(configuration, address)).toContain(vlan);
  }
});
