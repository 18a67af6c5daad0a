import { isIPv4, isIPv6 } from 'node:net';
import { whyNoVlans } from '../../../config/kernel-vlans';
import { ApiError } from '../../base/api-error';
import type { Caller } from '../../base/caller';
import { type Interface, methodOf } from '../../formats/interfaces-file';
import { FLAG, LINES, NODE, TEXT } from '../../formats/parameter-types';
import type { Format, ParameterSchema } from '../../formats/schema';
import type { LocalNode } from '../../node';
import { AnswerWith } from '../answer';
import { type CallOf, type Route, route } from '../route';

const TYPES =
  'bridge, bond, eth, alias, vlan, fabric, OVSBridge, OVSBond, OVSPort, OVSIntPort, vnet, unknown'.split(
    ', ',
  );
const FILTERS = [...TYPES, 'any_bridge', 'any_local_bridge', 'include_sdn'];
const MODIFY = { path: '/nodes/{node}', anyOf: ['Sys.Modify'] };

const interfaceName: Format = (value) => {
  if (!/^[a-zA-Z][a-zA-Z0-9_]{1,20}([:.]\d+)?$/.test(value) || value.length > 15) {
    throw new Error(`invalid network interface name '${value}'`);
  }
};

function matches(what: string, test: (value: string) => boolean): Format {
  return (value) => {
    if (!test(value)) throw new Error(`value does not look like a valid ${what}`);
  };
}

function isCidr(value: string, isAddress: (text: string) => boolean, bits: number): boolean {
  const [address = '', length = '', ...more] = value.split('/');
  return more.length === 0 && isAddress(address) && /^\d{1,3}$/.test(length) && Number(length) <= bits;
}

const BOND_MODE = {
  type: 'string',
  optional: true,
  enum: [
    ...['balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad', 'balance-tlb', 'balance-alb'],
    ...['balance-slb', 'lacp-balance-slb', 'lacp-balance-tcp'],
  ],
} as const satisfies ParameterSchema;
const VLAN_ID = { type: 'integer', optional: true, minimum: 1, maximum: 4094 } as const;
const IFACE = {
  type: 'string',
  minLength: 2,
  maxLength: 20,
  format: interfaceName,
} as const satisfies ParameterSchema;

const text = (format: Format) => ({ type: 'string', format, optional: true }) as const;

const FIELDS = {
  type: { type: 'string', enum: TYPES },
  cidr: text(matches('IPv4 CIDR network', (value) => isCidr(value, isIPv4, 32))),
  address: { type: 'string', format: matches('IPv4 address', isIPv4), optional: true, requires: 'netmask' },
  netmask: {
    type: 'string',
    pattern: /^(\d{1,2}|255(\.\d{1,3}){3})$/,
    optional: true,
    requires: 'address',
  },
  gateway: text(matches('IPv4 address', isIPv4)),
  cidr6: text(matches('IPv6 CIDR network', (value) => isCidr(value, isIPv6, 128))),
  gateway6: text(matches('IPv6 address', isIPv6)),
  mtu: { type: 'integer', minimum: 1280, maximum: 65520, optional: true },
  autostart: FLAG,
  bridge_ports: TEXT,
  bridge_vlan_aware: FLAG,
  comments: LINES,
  // Of types that are refused; named here, so that the refusal says so.
  ...{ slaves: TEXT, bond_mode: BOND_MODE, 'bond-primary': TEXT },
  ...{ 'vlan-id': VLAN_ID, 'vlan-raw-device': TEXT, bridge_vids: TEXT },
} as const;

/** The node's network: bridges are declared, then applied by a reload. */
export const networkRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/nodes/{node}/network',
    permission: 'self',
    parameters: { node: NODE, type: { type: 'string', enum: FILTERS, optional: true } },
    handle: async (node, { caller, parameters }) => {
      const type = parameters.type;
      const wanted = (kind: string) =>
        !type || type === 'include_sdn' || kind === type.replace(/^any_(local_)?/, '');
      const rows = node.network
        .declared()
        .map((entry, index) => ({ entry, row: { iface: entry.name, ...shown(node, entry, index) } }))
        .filter(({ entry }) => wanted(entry.type) && maySee(node, caller, entry))
        .map(({ row }) => row);
      return new AnswerWith(rows, { changes: await node.network.changes() });
    },
  }),
  route({
    method: 'POST',
    path: '/nodes/{node}/network',
    permission: MODIFY,
    parameters: { node: NODE, iface: IFACE, ...FIELDS },
    handle: (node, call) => {
      const name = call.parameters.iface;
      const bare: Interface = { name, type: 'bridge', autostart: false, ports: [] };
      return node.network.create(amended(bare, call));
    },
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/network',
    permission: MODIFY,
    parameters: {
      node: NODE,
      'skip-frr': FLAG,
      'regenerate-frr': FLAG,
    },
    handle: (node, { caller }) => node.network.reload(caller),
  }),
  route({
    method: 'DELETE',
    path: '/nodes/{node}/network',
    permission: MODIFY,
    parameters: { node: NODE },
    handle: (node) => node.network.revert(),
  }),
  route({
    method: 'GET',
    path: '/nodes/{node}/network/{iface}',
    permission: { path: '/nodes/{node}', anyOf: ['Sys.Audit'] },
    parameters: { node: NODE, iface: IFACE },
    handle: (node, { parameters }) => {
      const entry = node.network.find(parameters.iface);
      const index = node.network.declared().findIndex(({ name }) => name === entry.name);
      return shown(node, entry, index);
    },
  }),
  route({
    method: 'PUT',
    path: '/nodes/{node}/network/{iface}',
    permission: MODIFY,
    parameters: { node: NODE, iface: IFACE, delete: TEXT, ...FIELDS },
    handle: (node, call) => {
      const gone = (call.parameters.delete ?? '').split(/[\s,;]+/);
      return node.network.update(call.parameters.iface, (before) => amended(without(before, gone), call));
    },
  }),
  route({
    method: 'DELETE',
    path: '/nodes/{node}/network/{iface}',
    permission: MODIFY,
    parameters: { node: NODE, iface: IFACE },
    handle: (node, { parameters }) => node.network.remove(parameters.iface),
  }),
];

function maySee(node: LocalNode, caller: Caller, { name, type }: Interface): boolean {
  if (type !== 'bridge') return true;
  const path = `/sdn/zones/localnetwork/${name}`;
  // A right on one of its VLANs is enough.
  const below = node.access.config.acl.map((entry) => entry.path).filter((one) => one.startsWith(`${path}/`));
  return [path, ...below].some((one) => node.access.has(caller, one, ['SDN.Audit', 'SDN.Use']));
}

/** Of what Proxmox VE can declare, the local node makes bridges; the rest is refused, never half done. */
function amended(before: Interface, { parameters }: CallOf<typeof FIELDS>): Interface {
  if (parameters.type !== 'bridge') {
    const why =
      parameters.type === 'vlan' ? whyNoVlans() : 'of what Proxmox VE can declare it makes bridges alone';
    throw new ApiError(
      501,
      `interfaces of type '${parameters.type}' are not implemented by the local node: ${why}`,
    );
  }
  if (parameters.bridge_vlan_aware) {
    throw new ApiError(501, `VLAN-aware bridges are not implemented by the local node: ${whyNoVlans()}`);
  }
  const { address, netmask, cidr, gateway, cidr6, gateway6, mtu, autostart, bridge_ports, comments } =
    parameters;
  const fields = {
    cidr: cidr ?? (address && netmask && `${address}/${prefixLength(netmask)}`),
    gateway,
    cidr6,
    gateway6,
    mtu,
    autostart,
    ports: bridge_ports?.split(/[\s,;]+/).filter(Boolean),
    comments: comments === undefined ? undefined : `${comments.trimEnd()}\n`,
  };
  const method = fields.cidr === undefined && before.cidr !== undefined ? 'manual' : undefined;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return { ...before, method, ...given };
}

function without(entry: Interface, names: readonly string[]): Interface {
  const fields = names.map((name) => (name === 'address' || name === 'netmask' ? 'cidr' : name));
  const kept = Object.entries(entry).filter(
    ([name]) => ['name', 'type'].includes(name) || !fields.includes(name),
  );
  const ports = names.includes('bridge_ports') ? [] : entry.ports;
  return { autostart: false, ...Object.fromEntries(kept), ports } as Interface;
}

function prefixLength(netmask: string): number {
  if (!netmask.includes('.')) return Number(netmask);
  const bits = netmask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return bits.lastIndexOf('1') + 1;
}

function shown(node: LocalNode, entry: Interface, index: number): Record<string, unknown> {
  const { type, cidr, gateway, cidr6, gateway6, mtu, autostart, ports, comments, name } = entry;
  const applied = node.network.applied().some((other) => other.name === name);
  const active = type === 'bridge' ? node.network.hasBridge(name) : applied;
  const [address, netmask] = cidr?.split('/') ?? [];
  const [address6, netmask6] = cidr6?.split('/') ?? [];
  const all = {
    type,
    // lo comes first and is not shown.
    priority: index + 2,
    method: methodOf(entry),
    method6: cidr6 ? 'static' : 'manual',
    families: cidr6 ? ['inet', 'inet6'] : ['inet'],
    active: active ? 1 : undefined,
    autostart: autostart ? 1 : undefined,
    ...{ cidr, address, netmask, gateway, cidr6, address6, netmask6, gateway6, comments },
    mtu: mtu?.toString(),
    ...(type === 'bridge' ? { bridge_ports: ports.join(' '), bridge_stp: 'off', bridge_fd: '0' } : {}),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
