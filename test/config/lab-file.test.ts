import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaultyFileError, type PlacedFault } from '../../config/faulty-file';
import { parseLab } from '../../config/lab-file';

const lab = readFileSync(join(__dirname, '../../lab.yaml'), 'utf8');

/** The project's own lab.yaml with one piece of text replaced; the replacement must be there to be replaced. */
function edited(from: string | RegExp, to: string): string {
  const text = lab.replace(from, to);
  expect(text).not.toBe(lab);
  return text;
}

function faultsOf(text: string): readonly PlacedFault[] {
  try {
    parseLab(text, 'lab.yaml');
  } catch (error) {
    if (error instanceof FaultyFileError) return error.faults;
    throw error;
  }
  return [];
}

function onlyFault(text: string): PlacedFault {
  const faults = faultsOf(text);
  expect(faults).toHaveLength(1);
  return faults[0] as PlacedFault;
}

test("the project's own file is the paper's lab", () => {
  const parsed = parseLab(lab, 'lab.yaml');
  expect(parsed.guests.map(({ role, address }) => `${role} ${address}`)).toEqual([
    'wordpress 192.168.10.29',
    'moodle 192.168.10.16',
    'mediawiki 192.168.10.28',
  ]);
  expect(parsed.clients).toHaveLength(4);
  expect(Object.keys(parsed.plans)).toEqual(['quick', 'short', 'paper', 'load', 'full']);
  expect(Object.isFrozen(parsed.guests[0])).toBe(true);
});

test("the project's own images are all pinned, so that images: cloud works as it is", () => {
  expect(faultsOf(edited('source: template', 'source: cloud'))).toEqual([]);
});

test('a lab may have no guests, and the node may be named from outside', () => {
  const none = edited(/guests:\n( {2}- .*\n)+/, 'guests: []\n');
  expect(parseLab(none, 'lab.yaml', { nodeName: 'pve7' })).toMatchObject({ guests: [], nodeName: 'pve7' });
});

describe('a fault is named with its path', () => {
  test.each([
    ['a name used twice', /name: moodle,/, 'name: WordPress,', 'guests[1].name', /taken by guests\[0\]/],
    ['an address used twice', '192.168.10.16', '192.168.10.29', 'guests[1].address', /taken by guests\[0\]/],
    ['a vmid used twice', 'vmid: 116', 'vmid: 129', 'guests[1].vmid', /taken by guests\[0\]/],
    [
      'one bridge for both networks',
      'bridge: vmbr20',
      'bridge: vmbr10',
      'networks.clients.bridge',
      /servers/,
    ],
    ['an address outside its network', '192.168.10.16', '192.168.11.16', 'guests[1].address', /not in/],
    ['the address of the network', '192.168.10.16', '192.168.10.0', 'guests[1].address', /network itself/],
    ['the broadcast address', '192.168.10.16', '192.168.10.255', 'guests[1].address', /broadcast/],
    ["the gateway's address", '192.168.10.16', '192.168.10.1', 'guests[1].address', /gateway/],
    ['a client outside its network', '192.168.20.11', '192.168.10.11', 'clients[0].address', /not in/],
    [
      'host bits in a network',
      '192.168.20.0/24',
      '192.168.20.1/24',
      'networks.clients.cidr',
      /192\.168\.20\.0\/24/,
    ],
    [
      'a jitter without its delay',
      'gateway: 192.168.20.1 }',
      'gateway: 192.168.20.1, jitterMs: 5 }',
      'networks.clients.jitterMs',
      /delayMs at least as large/,
    ],
    [
      'a loss of everything',
      'gateway: 192.168.20.1 }',
      'gateway: 192.168.20.1, lossPercent: 100 }',
      'networks.clients.lossPercent',
      /0\.01 to 50 %/,
    ],
    [
      'a delay of the servers',
      'gateway: 192.168.10.1 }',
      'gateway: 192.168.10.1, delayMs: 5 }',
      'networks.servers.delayMs',
      /known key/,
    ],
    ['no address at all', '192.168.20.11', '192.168.20.300', 'clients[0].address', /IPv4/],
    ['a vmid that Proxmox VE reserves', 'vmid: 116', 'vmid: 99', 'guests[1].vmid', /100 to 999999999/],
    ['too little memory', 'memoryMiB: 1024', 'memoryMiB: 16', 'guests[0].memoryMiB', /256/],
    ['half a core', 'cores: 1', 'cores: 0.5', 'guests[0].cores', /whole/],
    ['an unknown cache mode', 'diskGiB: 10', 'diskGiB: 10, cache: fast', 'guests[0].cache', /writethrough/],
    ['an unknown format', 'diskGiB: 10', 'diskGiB: 10, format: vmdk', 'guests[0].format', /qcow2/],
    [
      'native I/O through the page cache',
      'diskGiB: 10',
      'diskGiB: 10, aio: native',
      'guests[0].aio',
      /cache: none/,
    ],
    ['a disk of 0 GiB', 'diskGiB: 10', 'diskGiB: 0', 'guests[0].diskGiB', /4 to/],
    ['a name with an underscore', 'name: moodle', 'name: my_moodle', 'guests[1].name', /host name/],
    ['an unknown role', 'role: moodle', 'role: drupal', 'guests[1].role', /wordpress/],
    ['an unknown image', 'image: ubuntu', 'image: gentoo', 'guests[1].image', /centos, ubuntu, debian/],
    ['a storage that cannot be one', 'disks: local-lvm', 'disks: -x', 'storage.disks', /storage/],
    ['an unknown key', 'seed: 2019', 'sede: 1\nseed: 2019', 'sede', /known key/],
    ['a missing key', /^seed: .*$/m, '', 'seed', /missing/],
    ['more clients than there are', 'clients: 4', 'clients: 5', 'plans.paper.qos.clients', /only 4/],
    [
      'a settling longer than the longest',
      'settleSeconds: 300',
      'settleSeconds: 300, settleAtLeastSeconds: 301',
      'plans.paper.resources.settleAtLeastSeconds',
      /longest wait/,
    ],
    ['think times the wrong way round', '[2, 10]', '[10, 2]', 'plans.paper.qos.thinkSeconds', /shortest/],
    [
      'a ladder that begins too low',
      'first: 0.125',
      'first: 0.02',
      'plans.load.load.rates.first',
      /fewer than 5/,
    ],
    [
      'a ladder that goes too high',
      'steps: 12',
      'steps: 16',
      'plans.load.load.rates.steps',
      /100000 requests/,
    ],
    [
      'a plan without a scenario',
      /^ {2}load:\n(?: {4}.*\n)+/m,
      '  load: {}\n',
      'plans.load',
      /at least one of resources, qos, load/,
    ],
    [
      'no sampling interval',
      'intervalSeconds: 1',
      'intervalSeconds: 0',
      'plans.quick.resources.intervalSeconds',
      /0\.1/,
    ],
    ['a short checksum', 'f46f0671', 'f46', 'images.cloud.debian.checksum', /128/],
    [
      'an image that Proxmox VE cannot import',
      '20260814.qcow2',
      '20260814.img',
      'images.cloud.ubuntu.fileName',
      /qcow2/,
    ],
  ])('%s', (_, from, to, path, message) => {
    expect(onlyFault(edited(from, to))).toMatchObject({ path, message: expect.stringMatching(message) });
  });

  test('networks that overlap', () => {
    const paths = faultsOf(edited('192.168.20.0/24', '192.168.0.0/16')).map((fault) => fault.path);
    expect(paths).toEqual(['networks.clients.cidr']);
  });
});

test('an image without a checksum is refused once a guest uses it, with the place to find one', () => {
  const empty = lab.replace(/checksum: f46\w+/, "checksum: ''");
  expect(faultsOf(empty)).toEqual([]);
  expect(onlyFault(empty.replace('source: template', 'source: cloud'))).toMatchObject({
    path: 'images.cloud.debian.checksum',
    message: expect.stringContaining('SHA512SUMS'),
  });
});

describe("a disk smaller than its image is refused, since it can't be shrunk", () => {
  test.each([
    [
      'of a cloud image',
      'diskGiB: 10',
      'diskGiB: 8',
      'cloud',
      'guests[0].diskGiB',
      /the image centos itself has \(10 GiB\)/,
    ],
    [
      'of a cloud image, by default',
      ', diskGiB: 10',
      '',
      'cloud',
      'guests[0].diskGiB',
      /8 GiB, the default, .*10 GiB/,
    ],
    [
      'of the template',
      'diskGiB: 8',
      'diskGiB: 4',
      'template',
      'guests[1].diskGiB',
      /the template itself has \(8 GiB\)/,
    ],
    [
      'of the template, without an image',
      'diskGiB: 8, image: ubuntu',
      'diskGiB: 7',
      'template',
      'guests[1].diskGiB',
      /8 GiB/,
    ],
  ])('%s', (_, from, to, source, path, message) => {
    const small = edited(from, to).replace('source: template', `source: ${source}`);
    expect(onlyFault(small)).toMatchObject({ path, message: expect.stringMatching(message) });
  });

  test('and one of the size of its image is not', () => {
    const fitting = lab.replace('diskGiB: 8, image: ubuntu', 'diskGiB: 4, image: ubuntu');
    expect(faultsOf(fitting.replace('source: template', 'source: cloud'))).toEqual([]);
  });
});

test.each(['wordpress', 'moodle', 'mediawiki'])(
  'a lab named %s is refused: its tag would be that of a role',
  (role) => {
    const fault = onlyFault(edited('name: lab', `name: ${role}`));
    expect(fault).toMatchObject({
      path: 'name',
      message: expect.stringMatching(/is a role.*take another name/),
    });
    expect(
      edited('name: lab', `name: ${role}`)
        .split('\n')
        [fault.line - 1]?.slice(fault.column - 1),
    ).toBe(role);
  },
);

test('all faults come in one error, in the order of the file, each with line and column', () => {
  const text = edited('name: moodle', 'name: mo_odle').replace('192.168.20.12', '192.168.20.11');
  const faults = faultsOf(text);
  expect(faults.map((fault) => fault.path)).toEqual(['guests[1].name', 'clients[1].address']);
  for (const { line, column, path } of faults) {
    const value = path.endsWith('name') ? 'mo_odle' : '192.168.20.11';
    expect(
      text
        .split('\n')
        [line - 1]?.slice(column - 1)
        .startsWith(value),
    ).toBe(true);
  }
  expect(() => parseLab(text, 'lab.yaml')).toThrow(
    /^lab\.yaml has 2 faults; nothing was done\n {2}lab\.yaml:\d+:\d+ /,
  );
});

test('a hosts file without localhost and the node itself is refused, since the provider replaces all of it', () => {
  const text = edited(/^node:$/m, 'node:\n  hosts: [{ address: 192.0.2.1, names: [gateway] }]');
  expect(faultsOf(text).map((fault) => fault.message)).toEqual([
    expect.stringContaining('no entry for localhost'),
    expect.stringContaining('no entry for pve'),
  ]);
});

test('a file that is no YAML is refused with its place', () => {
  expect(faultsOf('name: [lab\nnode: 1\n')[0]).toMatchObject({ line: expect.any(Number), path: '' });
  expect(faultsOf('')).toHaveLength(1);
});
