/** Network interfaces in a guest's configuration: `net0: virtio=BC:24:11:BE:E5:E8,bridge=vmbr0,firewall=0`. */
import { randomBytes } from 'node:crypto';
import { parsePropertyString, printProperties } from './property-string';
import {
  indexed,
  type ParameterSchema,
  type ParameterValue,
  type PropertyFormat,
  type Scalar,
} from './schema';

const MODELS = ['e1000', 'e1000e', 'rtl8139', 'virtio', 'vmxnet3', 'ne2k_pci', 'pcnet'];
const flag = { type: 'boolean', optional: true } as const;

const NIC: PropertyFormat = {
  defaultKey: 'model',
  keys: {
    model: { type: 'string', enum: MODELS },
    macaddr: { type: 'string', optional: true, pattern: /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i },
    bridge: { type: 'string', optional: true, pattern: /^[-_.\w]+$/ },
    firewall: flag,
    link_down: flag,
    mtu: { type: 'integer', optional: true, minimum: 1, maximum: 65520 },
    queues: { type: 'integer', optional: true, minimum: 0, maximum: 64 },
    rate: { type: 'number', optional: true, minimum: 0 },
    tag: { type: 'integer', optional: true, minimum: 1, maximum: 4094 },
    trunks: { type: 'string', optional: true },
  },
};

const NIC_COUNT = 32;

export function isNicOption(option: string): boolean {
  return /^net\d+$/.test(option);
}

/** Parameters net0 ... net31. */
export const NIC_PARAMETERS: Readonly<Record<string, ParameterSchema>> = indexed('net', NIC_COUNT, {
  type: 'string',
  parse: parseNic,
});

export interface Nic {
  readonly model: string;
  readonly macaddr?: string;
  readonly bridge?: string;
  readonly link_down?: boolean;
  readonly [property: string]: Scalar | undefined;
}

export function isNic(value: ParameterValue): value is Nic {
  return typeof value === 'object' && 'model' in value;
}

/** `virtio=MAC` is short for `model=virtio,macaddr=MAC`. */
export function parseNic(text: string, path = ''): Nic {
  const long = text
    .split(',')
    .map((part) => {
      const [key, mac] = part.split('=', 2);
      return key !== undefined && mac !== undefined && MODELS.includes(key)
        ? `model=${key},macaddr=${mac}`
        : part;
    })
    .join(',');
  const nic = parsePropertyString(NIC, long, path);
  return { ...nic, model: String(nic.model) };
}

export function printNic(nic: Nic): string {
  const { model, macaddr, ...rest } = nic;
  return [`${model}=${macaddr}`, ...printProperties(rest)].join(',');
}

/** A new address under the vendor prefix that Proxmox uses for guests. */
export function randomMac(): string {
  const tail = [...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'));
  return ['BC', '24', '11', ...tail].join(':').toUpperCase();
}
