/** The checks that Proxmox VE's schema names, with its wording. What is not here is taken as it is. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import {
  addressList,
  bootDevices,
  dnsName,
  hotplug,
  ipv4Config,
  ipv6Config,
  startupOrder,
  tagList,
  urlEncoded,
  volumeId,
} from './option-formats';
import { nodeFormat, storageIdFormat, vmidFormat } from './parameter-types';
import { PRIVILEGES } from './privileges';
import type { Format } from './schema';

const matching =
  (test: (value: string) => boolean, fault: (value: string) => string): Format =>
  (value) => {
    if (!test(value)) throw new Error(fault(value));
  };

const listOf =
  (check: Format): Format =>
  (value) => {
    for (const part of value.split(/[\s,;]+/)) if (part !== '') check(part);
  };

const named = (what: string): Format =>
  matching(
    (value) => /^[A-Za-z0-9.\-_]+$/.test(value),
    (value) => `${what} '${value}' contains invalid characters`,
  );

const userId: Format = (value) => {
  if (value.length < 3) throw new Error(`user name '${value}' is too short`);
  if (value.length > 64) throw new Error(`user name '${value}' is too long (${value.length} > 64)`);
  if (!/^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/.test(value)) {
    throw new Error(`value '${value}' does not look like a valid user name`);
  }
};

const address = (test: (value: string) => boolean, what: string): Format =>
  matching(test, () => `value does not look like a valid ${what} address`);

export const NAMED_FORMATS: Readonly<Record<string, Format>> = {
  'address-list': addressList,
  'dns-name': dnsName,
  'dns-name-list': listOf(dnsName),
  ip: address((value) => isIP(value) !== 0, 'IP'),
  ipv4: address(isIPv4, 'IPv4'),
  ipv6: address(isIPv6, 'IPv6'),
  'lxc-ip-with-ll-iface-list': listOf(address((value) => isIP(value.replace(/%[\w.-]+$/, '')) !== 0, 'IP')),
  'mac-addr': address((value) => /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(value), 'unicast MAC'),
  'pve-ct-timezone': matching(
    (value) => value === 'host' || /^[\w+-]+(\/[\w+-]+){0,2}$/.test(value),
    () => 'invalid timezone',
  ),
  'pve-groupid': named('group name'),
  'pve-hotplug-features': hotplug,
  'pve-ipv4-config': ipv4Config,
  'pve-ipv6-config': ipv6Config,
  'pve-node': nodeFormat,
  'pve-phys-bits': matching(
    (value) => /^(host|[89]|[1-5]\d|6[0-4])$/.test(value),
    (value) => `value '${value}' does not look like a number of bits`,
  ),
  'pve-priv-list': listOf((name) => {
    if (!PRIVILEGES.includes(name)) throw new Error(`invalid privilege '${name}'`);
  }),
  'pve-qm-bootdev-list': bootDevices,
  'pve-roleid': named('role name'),
  'pve-startup-order': startupOrder,
  'pve-storage-id': storageIdFormat,
  'pve-tag-list': tagList,
  'pve-userid': userId,
  'pve-vmid': vmidFormat,
  'pve-volume-id': volumeId,
  urlencoded: urlEncoded,
};
