import { whyNoVlans } from '../../config/kernel-vlans';
import { callApi, startTestNode, type TestNode } from './test-node';

let lab: TestNode;
beforeEach(async () => {
  lab = await startTestNode();
});
afterEach(() => lab.close());

const refusal = { status: 501, message: expect.stringContaining(whyNoVlans()) };

test.each([
  ['an interface in a VLAN', { iface: 'vmbr0.10', type: 'vlan' }],
  ['a bridge that knows VLANs', { iface: 'vmbr30', type: 'bridge', bridge_vlan_aware: '1' }],
])('%s is refused with the reason', async (_, parameters) => {
  expect(await callApi(lab, 'POST', '/nodes/pve/network', parameters)).toMatchObject(refusal);
});

test.each(['tag=10', 'trunks=10;20'])(
  'a network card with %s is refused with the reason, and no guest made',
  async (vlan) => {
    const parameters = { vmid: '100', net0: `virtio,bridge=vmbr0,${vlan}` };
    expect(await callApi(lab, 'POST', '/nodes/pve/qemu', parameters)).toMatchObject(refusal);
    expect(await callApi(lab, 'GET', '/nodes/pve/qemu')).toMatchObject({ data: [] });
  },
);
