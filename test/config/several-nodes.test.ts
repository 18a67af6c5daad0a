import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { FaultyFileError, type PlacedFault } from '../../config/faulty-file';
import { type LabFileOptions, parseLab } from '../../config/lab-file';
import { labShares, measuringFault } from '../../config/lab-shares';

interface Draft {
  storage: Record<string, unknown>;
  nodes?: Record<string, unknown>;
  guests: Record<string, unknown>[];
}

const own = readFileSync(join(__dirname, '../../lab.yaml'), 'utf8');

/** The project's own lab.yaml with its second guest on pve2. */
function written(change: (draft: Draft) => void = () => {}): string {
  const draft = parse(own) as Draft;
  Object.assign(draft.guests[1] ?? {}, { node: 'pve2' });
  change(draft);
  return stringify(draft);
}

function faultsOf(text: string, options?: LabFileOptions): readonly PlacedFault[] {
  try {
    parseLab(text, 'lab.yaml', options);
  } catch (error) {
    if (error instanceof FaultyFileError) return error.faults;
    throw error;
  }
  return [];
}

test('a guest on another node is refused where there is the local node alone, with its place', () => {
  const faults = faultsOf(own.replace('role: moodle,', 'role: moodle, node: pve2,'), { onlyNode: true });
  expect(faults).toEqual([
    expect.objectContaining({
      path: 'guests[1].node',
      line: own.split('\n').findIndex((line) => line.includes('role: moodle')) + 1,
      column: expect.any(Number),
      message: expect.stringMatching(/^"pve2" is not the local node \(pve\)/),
    }),
  ]);
  expect(faultsOf(written(), { onlyNode: false })).toEqual([]);
  expect(faultsOf(written(), { onlyNode: true, nodeName: 'pve2' })).toEqual([]);
});

test("a guest that names the lab's own node is as one that names none", () => {
  const named = own.replace('role: moodle,', 'role: moodle, node: pve,');
  expect(parseLab(named, 'lab.yaml', { onlyNode: true })).toEqual(parseLab(own, 'lab.yaml'));
});

test.each<[string, (draft: Draft) => void, string, RegExp]>([
  ['a node without guests', (lab) => (lab.nodes = { pev2: {} }), 'nodes.pev2', /no guest/],
  ["the lab's own node among the others", (lab) => (lab.nodes = { pve: {} }), 'nodes.pve', /own node/],
  [
    'a shared storage that is not used',
    (lab) => (lab.storage.shared = ['nas']),
    'storage.shared[0]',
    /no storage/,
  ],
  [
    'a bridge of the clients on another node',
    (lab) => (lab.nodes = { pve2: { bridges: { clients: 'vmbr21' } } }),
    'nodes.pve2.bridges.clients',
    /known key/,
  ],
  [
    'an SSH address that is none',
    (lab) => (lab.nodes = { pve2: { ssh: { address: 'a b' } } }),
    'nodes.pve2.ssh.address',
    /domain name/,
  ],
  [
    'an SSH address in a network of the lab',
    (lab) => (lab.nodes = { pve2: { ssh: { address: '192.168.10.5' } } }),
    'networks.servers.cidr',
    /overlaps the address 192\.168\.10\.5 of the node pve2/,
  ],
])('refuses %s', (_, change, path, message) => {
  expect(faultsOf(written(change))).toEqual([
    expect.objectContaining({ path, message: expect.stringMatching(message) }),
  ]);
});

test("the lab's own node is the one that PROXMOX_VE_NODE_NAME names", () => {
  const text = written((lab) => {
    lab.nodes = { pve2: { storage: { disks: 'zfs' } } };
  });
  expect(faultsOf(text)).toEqual([]);
  expect(faultsOf(text, { nodeName: 'pve2' })).toMatchObject([
    { path: 'nodes.pve2', message: expect.stringContaining('own node') },
  ]);
});

test('a shared storage may be one that only another node has', () => {
  const text = written((lab) => {
    lab.storage.shared = ['nas'];
    lab.nodes = { pve2: { storage: { images: 'nas' } } };
  });
  expect(faultsOf(text)).toEqual([]);
});

describe('the lab as each node has it', () => {
  test('is the whole lab where there is one node', () => {
    const lab = parseLab(own, 'lab.yaml');
    expect(labShares(lab)).toEqual([lab]);
  });

  test('is its guests, its storages and its bridge; the clients are on the own node alone', () => {
    const text = written((lab) => {
      lab.nodes = { pve2: { storage: { disks: 'zfs' }, bridges: { servers: 'vmbr11' } } };
    });
    const [first, second, ...more] = labShares(parseLab(text, 'lab.yaml'));
    expect(more).toEqual([]);
    expect(first.guests.map(({ name }) => name)).toEqual(['wordpress', 'mediawiki']);
    expect(first).toMatchObject({ nodeName: 'pve', storage: { disks: 'local-lvm' } });
    expect(first.withoutClients).toBeUndefined();
    expect(second).toMatchObject({
      nodeName: 'pve2',
      guests: [{ name: 'moodle', node: 'pve2' }],
      storage: { disks: 'zfs', images: 'local', snippets: 'local' },
      networks: { servers: { bridge: 'vmbr11', cidr: '192.168.10.0/24' } },
      withoutClients: true,
    });
  });
});

test('a lab can be measured whose guests are all on its own node; where they are not one sentence says so', () => {
  expect(measuringFault(parseLab(own, 'lab.yaml'))).toBeUndefined();
  const fault = measuringFault(parseLab(written(), 'lab.yaml'));
  expect(fault).toMatch(/^measuring samples one node, pve, .* on others: moodle \(pve2\); /);
  expect(fault).not.toContain('wordpress');
});
