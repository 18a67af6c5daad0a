import { parse } from 'yaml';
import { containerSeed, labUserData } from '../../cloud-init/lab-seed';
import { roleVendorData } from '../../cloud-init/render';
import { loadLab, loadRole } from '../../config';

const lab = loadLab();
const guest = lab.guests[0];
if (!guest) throw new Error('lab.yaml has no guests');
const data = { lab, guest, role: loadRole(guest), requireApplication: false };

test('a container gets the very user-data and vendor-data that a VM gets', () => {
  const seed = containerSeed(data);
  expect(seed['user-data']).toBe(labUserData(data));
  expect(seed['vendor-data']).toBe(roleVendorData(data.role));
});

test('its address is that of lab.yaml, on the interface that Proxmox VE names', () => {
  const node = { ...lab.node, dns: { domain: 'example.org', servers: ['192.0.2.53'] } };
  const seed = containerSeed({ ...data, lab: { ...lab, node } });
  expect(parse(seed['network-config'])).toEqual({
    version: 2,
    ethernets: {
      eth0: {
        match: { name: 'eth0' },
        addresses: ['192.168.10.29/24'],
        gateway4: '192.168.10.1',
        nameservers: { search: ['example.org'], addresses: ['192.0.2.53'] },
      },
    },
  });
});

test('the same data are the same instance to cloud-init, other data are another', () => {
  const instance = (given: typeof data): string => parse(containerSeed(given)['meta-data'])['instance-id'];
  expect(instance(data)).toBe(instance(data));
  expect(instance({ ...data, guest: { ...guest, address: '192.168.10.30' } })).not.toBe(instance(data));
});
