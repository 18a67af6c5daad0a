/** Grammars of a guest's options, with Proxmox VE's wording. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { hasControlsBesideLines } from './control-characters';
import type { Format, PropertyFormat, StringSchema } from './schema';

const checked = (format: Format): StringSchema => ({ type: 'string', optional: true, format });

function matching(test: (value: string) => boolean, fault: (value: string) => string): Format {
  return (value) => {
    if (!test(value)) throw new Error(fault(value));
  };
}

/** A check of each part of a list, as Proxmox VE splits lists. */
function listOf(check: Format): Format {
  return (value) => {
    for (const part of value.split(/[\s,;]+/)) if (part !== '') check(part);
  };
}

function isCidr(value: string, isAddress: (text: string) => boolean, bits: number): boolean {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  return isAddress(address) && Number(length) >= 1 && Number(length) <= bits;
}

export const dnsName = matching(
  (value) =>
    /^([a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/.test(value),
  () => 'value does not look like a valid DNS name',
);

export const volumeId = matching(
  (value) => /^[a-z][a-z0-9\-_.]*[a-z0-9]:.+$/i.test(value),
  (value) => `unable to parse volume ID '${value}'`,
);

export const addressList = listOf(
  matching(
    (value) => isIP(value) !== 0,
    () => 'value does not look like a valid IP address',
  ),
);

export const tagList: Format = (value) => {
  for (const tag of value.split(/[;, ]/)) {
    if (tag !== '' && !/^[a-z0-9_][a-z0-9_\-+.]*$/i.test(tag))
      throw new Error(`invalid characters in tag '${tag}'`);
  }
};

/** Tags as Proxmox VE keeps them: each once, in small letters, by the alphabet. */
export function tidyTags(value: string): string {
  const tags = value.split(/[;,\s]+/).filter((tag) => tag !== '');
  return [...new Set(tags.map((tag) => tag.toLowerCase()))].sort().join(';');
}

/** Percent-encoded text, which must also be UTF-8 once decoded, and lines of text at that. */
export const urlEncoded = matching(
  (value) => {
    if (!/^[-%a-zA-Z0-9_.!~*'()]*$/.test(value)) return false;
    try {
      return !hasControlsBesideLines(decodeURIComponent(value));
    } catch {
      return false;
    }
  },
  (value) => `invalid urlencoded string: ${value}`,
);

export const hotplug: Format = (value) => {
  if (value === '0' || value === '1') return;
  listOf(
    matching(
      (feature) => /^(network|disk|cpu|memory|usb|cloudinit)$/.test(feature),
      (feature) => `invalid hotplug feature '${feature}'`,
    ),
  )(value);
};

export const startupOrder: Format = (value) => {
  for (const part of value.split(',')) {
    if (!/^((order=)?\d+|up=\d+|down=\d+|)$/.test(part.trim()))
      throw new Error('unable to parse startup options');
  }
};

export const bootDevices = listOf(
  matching(
    (device) => /^(net|ide|sata|scsi|virtio|usb|hostpci)\d+$/.test(device),
    (device) => `invalid boot device '${device}'`,
  ),
);

const gateway = (isAddress: (text: string) => boolean, name: string, requires: string): StringSchema => ({
  ...checked(matching(isAddress, () => `value does not look like a valid ${name} address`)),
  requires,
});

const network = (isAddress: (text: string) => boolean, bits: number, words: RegExp, name: string) =>
  matching(
    (value) => words.test(value) || isCidr(value, isAddress, bits),
    () => `value does not look like a valid ${name} network configuration`,
  );

export const ipv4Config = network(isIPv4, 32, /^(dhcp|manual)$/, 'ipv4');
export const ipv6Config = network(isIPv6, 128, /^(auto|dhcp|manual)$/, 'ipv6');

export const IP_CONFIG: PropertyFormat = {
  keys: {
    ip: checked(ipv4Config),
    gw: gateway(isIPv4, 'IPv4', 'ip'),
    ip6: checked(ipv6Config),
    gw6: gateway(isIPv6, 'IPv6', 'ip6'),
  },
};
