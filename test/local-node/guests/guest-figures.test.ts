import { callApi, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
});

afterEach(() => lab.close());

test.each([
  [undefined, {}],
  ['serial0', { clipboard: null }],
  ['virtio,clipboard=vnc', { clipboard: 'vnc', spice: 1 }],
  ['qxl2', { clipboard: null, spice: 1 }],
])('a guest with the display %s tells of its clipboard and SPICE as Proxmox VE does', async (vga, told) => {
  const form = { vmid: '100', ...(vga === undefined ? {} : { vga }) };
  const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', form);
  await lab.node.tasks.wait(String(data), 30);
  const status = (await callApi(lab, 'GET', '/nodes/pve/qemu/100/status/current')).data as object;
  const display = Object.entries(status).filter(([name]) => name === 'clipboard' || name === 'spice');
  expect(Object.fromEntries(display)).toEqual(told);
});
