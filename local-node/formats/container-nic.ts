/** Network interfaces of a container: `net0: name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,ip=dhcp,type=veth`. */
import { IP_CONFIG } from './option-formats';
import { parsePropertyString, printProperties } from './property-string';
import { type Format, indexed, type ParameterSchema, type PropertyFormat, type Scalar } from './schema';

const flag = { type: 'boolean', optional: true } as const;
const name = { type: 'string', pattern: /^[-_.\w]+$/ } as const;

const unicast: Format = (value) => {
  if (!/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(value))
    throw new Error('value does not look like a valid unicast MAC address');
};

export const CONTAINER_NIC: PropertyFormat = {
  keys: {
    name,
    bridge: { ...name, optional: true },
    firewall: flag,
    ...IP_CONFIG.keys,
    'host-managed': flag,
    hwaddr: { type: 'string', optional: true, format: unicast },
    link_down: flag,
    mtu: { type: 'integer', optional: true, minimum: 64, maximum: 65535 },
    rate: { type: 'number', optional: true },
    tag: { type: 'integer', optional: true, minimum: 1, maximum: 4094 },
    trunks: { type: 'string', optional: true, pattern: /^\d+(;\d+)*$/ },
    type: { type: 'string', optional: true, enum: ['veth'] },
  },
};

/** Parameters net0 ... net31. */
export const CONTAINER_NIC_PARAMETERS: Readonly<Record<string, ParameterSchema>> = indexed('net', 32, {
  type: 'string',
  format: CONTAINER_NIC,
});

export type ContainerNicOption = Readonly<Record<string, Scalar | undefined>>;

/** `path` names the interface in errors. */
export function parseContainerNic(text: string, path = ''): ContainerNicOption {
  return parsePropertyString(CONTAINER_NIC, text, path);
}

/** Name and bridge first, then the rest by the alphabet, as Proxmox VE writes it. */
export function printContainerNic({ name: own, bridge, ...rest }: ContainerNicOption): string {
  const first = printProperties({ name: own });
  return [...first, ...printProperties({ bridge }), ...printProperties(rest)].join(',');
}
