import { applicationAddress, forwardNote, localPort } from '../../../config/application-address';
import type { Interface } from '../../../local-node/formats/interfaces-file';
import { parseOptions } from '../../../local-node/formats/option-values';
import { containerEnd, guestForward, machineEnd } from '../../../local-node/forwards/guest-forward';

const interfaces = [
  { name: 'vmbr10', type: 'bridge', autostart: true, cidr: '192.168.10.1/24', ports: [] },
] as unknown as readonly Interface[];

function asked(changes: Readonly<Record<string, string>> = {}, vmid = 129) {
  const options = {
    description: `wordpress of the virtualization lab lab, ${forwardNote(20_129, 80)}`,
    ipconfig0: 'gw=192.168.10.1,ip=192.168.10.29/24',
    net0: 'virtio=02:4C:00:00:00:81,bridge=vmbr10',
    ...changes,
  };
  const values = parseOptions(Object.entries(options));
  return guestForward(vmid, values, machineEnd(values), interfaces);
}

/** The same of a container, whose interface has its address. */
function askedByContainer(net0: string) {
  const values = new Map(Object.entries({ description: forwardNote(20_129, 80), net0 }));
  return guestForward(129, values, containerEnd(values), interfaces);
}

test('the port of this machine ends in the last four digits of the vmid', () => {
  expect([129, 10_129, 999_999_999].map((vmid) => localPort(vmid, 20_000))).toEqual([20_129, 20_129, 29_999]);
  const guest = { vmid: 129, address: '192.168.10.29' };
  expect(applicationAddress({ localPorts: 30_000 }, guest, { port: 8080 })).toEqual({
    inLab: '192.168.10.29:8080',
    onThisMachine: '127.0.0.1:30129',
  });
});

test('what a description names is forwarded to the address that the guest itself has', () => {
  expect(asked()).toEqual({ local: 20_129, address: '192.168.10.29', port: 80 });
});

test.each([
  ['none at all', { description: 'wordpress of the virtualization lab lab' }],
  ['words after it', { description: `${forwardNote(20_129, 80)} and more` }],
  ['another address of this machine', { description: 'port 80 at 0.0.0.0:20129' }],
])('a guest whose description has %s asks for nothing', (_, changes) => {
  expect(asked(changes)).toBeUndefined();
});

test.each([
  ["another guest's port", { description: forwardNote(20_128, 80) }],
  ['a port below those of the lab', { description: forwardNote(1129, 80) }],
  ['a port above those of the lab', { description: forwardNote(60_129, 80) }],
  ['a port that there is not', { description: forwardNote(20_129, 70_000) }],
  ["the node's own address", { ipconfig0: 'ip=192.168.10.1/24' }],
  ["the network's own address", { ipconfig0: 'ip=192.168.10.0/24' }],
  ['an address behind the uplink', { ipconfig0: 'ip=10.0.2.2/24' }],
  ['an address that is not known', { ipconfig0: 'ip=dhcp' }],
  ['a bridge that the node has not', { net0: 'virtio=02:4C:00:00:00:81,bridge=vmbr99' }],
])('a guest that asks for %s is refused', (_, changes) => {
  expect(asked(changes)).toEqual({ refused: expect.any(String) });
});

test('what a container names is forwarded to the address that its interface has', () => {
  expect(askedByContainer('name=eth0,bridge=vmbr10,ip=192.168.10.29/24,type=veth')).toEqual({
    ...{ local: 20_129, address: '192.168.10.29', port: 80 },
  });
});

test.each([
  [
    'no address of its own',
    'name=eth0,bridge=vmbr10,ip=dhcp,type=veth',
    /no IPv4 address of its own \(ip= of net0\)/,
  ],
  ["the node's own address", 'name=eth0,bridge=vmbr10,ip=192.168.10.1/24,type=veth', /no address of a guest/],
  ['no bridge', 'name=eth0,ip=192.168.10.29/24,type=veth', /on its bridge \(none\)/],
])('a container with %s is refused', (_, net0, why) => {
  expect(askedByContainer(net0)).toEqual({ refused: expect.stringMatching(why) });
});
