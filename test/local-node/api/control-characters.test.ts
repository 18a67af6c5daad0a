import { validate } from '../../../local-node/api/parameters';
import { routes } from '../../../local-node/api/routes';
import { callApi, rootHeaders, startTestNode, type TestNode } from '../test-node';

/** What would be a line of its own in a configuration file. */
const ENDINGS = ['\nlock: create', '\r', '\0', '\u2028', '\u001b[2J', '\ud800'];
/** Begins that the grammars of most parameters take. */
const BEGINS = [
  'x',
  '1',
  'local:1',
  'virtio',
  'order=net0',
  'ip=dhcp',
  '/tmp/x',
  'a@pve',
  '10.0.0.1',
  'ssh-rsa%20A',
];

test('no parameter of any route takes a control character, but those that are encoded or go to the guest', () => {
  const free = new Set<string>();
  for (const { parameters } of routes) {
    // One of net0, net1, ... is enough.
    const distinct = Object.entries(parameters).filter(([name]) => !/[1-9]\d*$/.test(name));
    for (const [name, schema] of distinct) {
      for (const text of BEGINS.flatMap((begin) => ENDINGS.map((ending) => `${begin}${ending}`))) {
        try {
          validate({ [name]: { ...schema, requires: undefined } }, { [name]: text });
          free.add(name);
        } catch {
          // Refused, as it should be.
        }
      }
    }
  }
  expect([...free].sort()).toEqual([
    ...[
      'command',
      'comment',
      'comments',
      'content',
      'data',
      'description',
      'input-data',
      'notes',
      'ssh-public-keys',
    ],
  ]);
});

describe('an option of a guest', () => {
  let lab: TestNode;
  beforeAll(async () => {
    lab = await startTestNode();
    const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '100' });
    await lab.node.tasks.wait(String(data), 30);
  });
  afterAll(() => lab.close());

  test.each([
    ['ciuser', 'debian\nlock: create', 'value contains control characters'],
    ['args', '-x\nprotection: 1', 'value contains control characters'],
    ['boot', 'order=nope', 'boot.order: invalid format - invalid boot device'],
    ['boot', 'xyz', 'boot.legacy: value does not match the regex pattern'],
    ['cpu', 'host,flags=aes', 'cpu.flags: value does not match the regex pattern'],
    ['ipconfig0', 'ip=10.0.0.300/24', 'does not look like a valid ipv4 network configuration'],
    ['ipconfig0', 'gw=10.0.0.1', "ipconfig0.ip: missing property required by 'ipconfig0.gw'"],
    ['sshkeys', 'ssh-rsa AAAA', 'invalid urlencoded string'],
    ['sshkeys', 'ssh-rsa%FF', 'invalid urlencoded string'],
    ['hookscript', 'nonsense', "unable to parse volume ID 'nonsense'"],
    ['nameserver', 'one', 'value does not look like a valid IP address'],
    ['machine', 'pdp11', 'machine.type: value does not match the regex pattern'],
    ['startup', 'soon', 'unable to parse startup options'],
    ['hotplug', 'fans', "invalid hotplug feature 'fans'"],
    ['vga', 'std,memory=1', 'vga.memory: value must have a minimum value of 4'],
  ])('is refused by name where its grammar does not hold: %s=%j', async (name, value, fault) => {
    const answer = await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { [name]: value });
    expect(answer).toMatchObject({ status: 400, errors: { [name]: expect.stringContaining(fault) } });
  });

  test.each([
    ['boot', 'cdn'],
    ['cpu', 'x86-64-v2-AES,flags=+aes;-pcid'],
    ['ipconfig0', 'ip=10.0.0.2/24,gw=10.0.0.1,ip6=auto'],
    ['sshkeys', 'ssh-rsa%20AAAA%0Assh-rsa%20BBBB%0A'],
    ['nameserver', '10.0.0.1 fd00::1'],
    ['machine', 'pc-q35-8.1+pve1,viommu=intel'],
    ['startup', 'order=1,up=10'],
    ['hotplug', 'network,disk'],
    ['smbios1', 'uuid=11111111-2222-3333-4444-555555555555,base64=1,serial=QUJD'],
    ['description', 'two\nlines, 100 %'],
  ])('is kept as it was given: %s=%j', async (name, value) => {
    const headers = await rootHeaders(lab);
    const answer = await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { [name]: value }, headers);
    expect(answer).toMatchObject({ status: 200 });
    expect(
      lab.node.guests.store.get(100).values.get(name) ?? lab.node.guests.store.get(100).pending.get(name),
    ).toBe(value);
  });

  test('is no way into storage.cfg either: the path of a storage is one line', async () => {
    for (const path of ['/tmp/x\n\tcontent iso', 'relative', '/tmp/x ', '/tmp/$(id)']) {
      const answer = await callApi(lab, 'POST', '/storage', { storage: 'more', type: 'dir', path });
      expect(answer).toMatchObject({ status: 400, errors: { path: expect.any(String) } });
    }
  });
});
