import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLab } from '../../config';
import { FaultyFileError } from '../../config/faulty-file';
import { formatAddress, overlap, rangeOf } from '../../config/ipv4';
import { type LabFileOptions, parseLab } from '../../config/lab-file';
import { networksOfRoutes, networksOfTarget } from '../../config/taken-networks';
import { UPLINK_NAMESERVER } from '../../local-node/namespace/uplink';

const lab = readFileSync(join(__dirname, '../../lab.yaml'), 'utf8');
const directory = mkdtempSync(join(tmpdir(), 'taken-networks-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** The lab with another network of servers; a network of /24 by its first three numbers. */
const withServers = (network: string) => lab.replaceAll('192.168.10.', `${network}.`);

function faultsOf(text: string, options?: LabFileOptions): readonly string[] {
  try {
    parseLab(text, 'lab.yaml', options);
  } catch (error) {
    if (error instanceof FaultyFileError)
      return error.faults.map(({ path, message }) => `${path} ${message}`);
    throw error;
  }
  return [];
}

test.each([
  ['0.0.0', /0\.0\.0\.0\/8 stands for "this network"/],
  ['127.0.0', /127\.0\.0\.0\/8 is loopback/],
  ['127.9.8', /127\.0\.0\.0\/8 is loopback/],
  ['169.254.10', /169\.254\.0\.0\/16 is link-local/],
  ['224.0.1', /224\.0\.0\.0\/4 is multicast/],
  ['239.255.0', /224\.0\.0\.0\/4 is multicast/],
  ['240.0.0', /240\.0\.0\.0\/4 is reserved/],
  ['255.255.255', /ends with the broadcast address/],
])('a network of %s.0/24 is refused: no host can have its addresses', (network, why) => {
  const faults = faultsOf(withServers(network));
  expect(faults).toEqual([expect.stringMatching(why)]);
  expect(faults[0]).toMatch(/^networks\.servers\.cidr .*take one of 192\.168\.0\.0\/16/);
});

test('a network that has such a network in it is refused too, and its neighbours are not', () => {
  const wide = lab.replace('192.168.20.0/24', '169.254.0.0/15');
  expect(faultsOf(wide)).toContainEqual(expect.stringMatching(/clients\.cidr .*link-local/));
  for (const network of ['1.0.0', '126.255.255', '128.0.0', '169.253.255', '169.255.0', '223.255.255']) {
    expect(faultsOf(withServers(network))).toEqual([]);
  }
});

test('a name server that no host can be is refused, and one on the node itself is not', () => {
  const withDns = (server: string) =>
    lab.replace(/^node:$/m, `node:\n  dns: { domain: example.org, servers: [${server}] }`);
  expect(faultsOf(withDns('127.0.0.1'))).toEqual([]);
  expect(faultsOf(withDns('224.0.0.1'))).toEqual([expect.stringMatching(/dns\.servers\[0\] .*multicast/)]);
});

describe('where the local node is meant', () => {
  test('the network of its uplink is refused, with the networks that hold it or lie in it', () => {
    const taken = networksOfTarget({});
    expect(faultsOf(withServers('10.0.2'), { taken })).toEqual([
      expect.stringMatching(/^networks\.servers\.cidr 10\.0\.2\.0\/24 overlaps 10\.0\.2\.0\/24.*local node/),
    ]);
    const clients = lab.replaceAll('192.168.20.', '10.0.2.').replace('10.0.2.0/24', '10.0.2.0/25');
    expect(faultsOf(clients, { taken })).toEqual([expect.stringMatching(/^networks\.clients\.cidr /)]);
    expect(faultsOf(withServers('10.0.3'), { taken })).toEqual([]);
  });

  test('that network is the one in which its uplink answers', () => {
    const [uplink] = networksOfTarget({});
    expect(uplink && overlap(uplink.range, rangeOf(UPLINK_NAMESERVER, 32))).toBe(true);
  });

  test('a file is refused before anything is there', () => {
    const file = join(directory, 'lab.yaml');
    writeFileSync(file, withServers('10.0.2'));
    expect(() => loadLab(file, {})).toThrow(FaultyFileError);
    expect(() => loadLab(file, { PROXMOX_VE_ENDPOINT: 'https://192.0.2.9:8006' })).not.toThrow();
  });
});

test('where a Proxmox VE node is meant, a network that its own address is in is refused', () => {
  const taken = networksOfTarget({ PROXMOX_VE_ENDPOINT: 'https://192.168.10.5:8006' });
  expect(faultsOf(lab, { taken })).toEqual([
    expect.stringMatching(/^networks\.servers\.cidr .*the address 192\.168\.10\.5 of the node itself/),
  ]);
  for (const endpoint of [
    'https://192.0.2.1:8006',
    'https://pve.example.org:8006',
    'https://[::1]:8006',
    'nonsense',
  ]) {
    expect(faultsOf(lab, { taken: networksOfTarget({ PROXMOX_VE_ENDPOINT: endpoint }) })).toEqual([]);
  }
});

describe("this machine's routes", () => {
  const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   \n';
  const route = (device: string, destination: string, flags: string, mask: string) =>
    `${device}\t${destination}\t00000000\t${flags}\t0\t0\t0\t${mask}\t0\t0\t0   \n`;
  const lan = route('enp3s0', '000AA8C0', '0001', '00FFFFFF');

  test('are read as Linux writes them', () => {
    const odd = route('tun0', '400AA8C0', '0003', 'C0FFFFFF');
    expect(
      networksOfRoutes(head + lan + odd).map(({ range, by }) => [
        formatAddress(range.first),
        range.prefix,
        by,
      ]),
    ).toEqual([
      ['192.168.10.0', 24, '192.168.10.0/24, to which this machine has a route (enp3s0)'],
      ['192.168.10.64', 26, '192.168.10.64/26, to which this machine has a route (tun0)'],
    ]);
  });

  test('refuse a network that overlaps one of them', () => {
    const taken = networksOfRoutes(head + lan);
    expect(faultsOf(lab, { taken })).toEqual([
      'networks.servers.cidr 192.168.10.0/24 overlaps 192.168.10.0/24, to which this machine has a route (enp3s0); take another network',
    ]);
    expect(faultsOf(withServers('192.168.11'), { taken })).toEqual([]);
  });

  test.each([
    ['the default route', route('eth0', '00000000', '0003', '00000000')],
    ['half of everything, as a VPN takes it', route('tun0', '00000080', '0003', '00000080')],
    ['a route that refuses', route('*', '000AA8C0', '0201', '00FFFFFF')],
    ['a route that is not up', route('eth0', '000AA8C0', '0000', '00FFFFFF')],
    ['nothing', ''],
  ])('%s is no network of their own', (_, table) => {
    expect(networksOfRoutes(head + table)).toEqual([]);
  });
});
