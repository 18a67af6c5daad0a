/** Grammars of a guest's options, with Proxmox VE's wording. */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { hasControlsBesideLines } from './control-characters';
import type { Format, PropertyFormat, ScalarSchema, StringSchema } from './schema';

const flag = { type: 'boolean', optional: true } as const;
const word = (pattern: RegExp): StringSchema => ({ type: 'string', optional: true, pattern });
const oneOf = (...values: readonly string[]): StringSchema => ({
  type: 'string',
  optional: true,
  enum: values,
});
const from = (minimum: number, maximum?: number): ScalarSchema => ({
  type: 'integer',
  optional: true,
  minimum,
  maximum,
});
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

export const MEMORY: PropertyFormat = {
  defaultKey: 'current',
  keys: { current: { type: 'integer', minimum: 16 } },
};

export const AGENT: PropertyFormat = {
  defaultKey: 'enabled',
  keys: {
    enabled: { type: 'boolean' },
    fstrim_cloned_disks: flag,
    'freeze-fs': flag,
    type: oneOf('virtio', 'isa'),
  },
  aliases: { 'freeze-fs-on-backup': 'freeze-fs', 'guest-fsfreeze': 'freeze-fs' },
};

export const BOOT: PropertyFormat = {
  defaultKey: 'legacy',
  keys: {
    legacy: word(/^[acdn]{1,4}$/),
    order: checked(bootDevices),
  },
};

export const CPU: PropertyFormat = {
  defaultKey: 'cputype',
  keys: {
    cputype: word(/^[a-zA-Z0-9][a-zA-Z0-9._+-]*$/),
    flags: word(/^[+-][a-zA-Z0-9\-_.]+(;[+-][a-zA-Z0-9\-_.]+)*$/),
    'guest-phys-bits': from(32, 64),
    hidden: flag,
    'hv-vendor-id': word(/^[a-zA-Z0-9]{1,12}$/),
    'phys-bits': word(/^(host|[89]|[1-5]\d|6[0-4])$/),
    'reported-model': word(/^[a-zA-Z0-9][a-zA-Z0-9._+-]*$/),
  },
};

export const CUSTOM: PropertyFormat = {
  keys: {
    user: checked(volumeId),
    network: checked(volumeId),
    meta: checked(volumeId),
    vendor: checked(volumeId),
  },
};

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

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const UUID = '[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}';

export const SMBIOS: PropertyFormat = {
  keys: {
    uuid: word(new RegExp(`^${UUID}$`)),
    ...{ manufacturer: word(BASE64), product: word(BASE64), version: word(BASE64), serial: word(BASE64) },
    ...{ sku: word(BASE64), family: word(BASE64), base64: flag },
  },
};

export const VM_GENERATION_ID = new RegExp(`^(${UUID}|[01])$`);

const MACHINE_VERSION = String.raw`-\d+(\.\d+)+(\+pve\d+)?(\.pxe)?`;

export const MACHINE: PropertyFormat = {
  defaultKey: 'type',
  keys: {
    type: {
      ...word(
        new RegExp(
          `^(pc|pc(-i440fx)?${MACHINE_VERSION}|q35|pc-q35${MACHINE_VERSION}|virt(-\\d+(\\.\\d+)+)?(\\+pve\\d+)?)$`,
        ),
      ),
      maxLength: 40,
    },
    'aw-bits': from(32, 64),
    'enable-s3': flag,
    'enable-s4': flag,
    viommu: oneOf('intel', 'virtio'),
  },
};

export const RNG: PropertyFormat = {
  defaultKey: 'source',
  keys: {
    source: { type: 'string', enum: ['/dev/urandom', '/dev/random', '/dev/hwrng'] },
    max_bytes: from(0),
    period: from(0),
  },
};

const DISPLAYS = 'cirrus qxl qxl2 qxl3 qxl4 none serial0 serial1 serial2 serial3 std virtio virtio-gl vmware';

export const VGA: PropertyFormat = {
  defaultKey: 'type',
  keys: { type: oneOf(...DISPLAYS.split(' ')), memory: from(4, 512), clipboard: oneOf('vnc') },
};

export const WATCHDOG: PropertyFormat = {
  defaultKey: 'model',
  keys: {
    model: oneOf('i6300esb', 'ib700'),
    action: oneOf('reset', 'shutdown', 'poweroff', 'pause', 'debug', 'none'),
  },
};

export const KEYBOARDS =
  'de de-ch da en-gb en-us es fi fr fr-be fr-ca fr-ch hu is it ja lt mk nl no pl pt pt-br sv sl tr'.split(
    ' ',
  );
