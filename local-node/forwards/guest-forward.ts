import { readForwardNote } from '../../config/application-address';
import { parseAddress, rangeOf } from '../../config/ipv4';
import type { Interface } from '../formats/interfaces-file';
import { nicsOf, type OptionValues, textOf } from '../formats/option-values';
import { containerNics } from '../guests/containers/container-spec';

/** A port of this machine that leads to one of a guest. */
export interface GuestForward {
  readonly local: number;
  readonly address: string;
  readonly port: number;
}

/** The first network interface of a guest, by its configuration. */
export interface GuestEnd {
  readonly bridge: string | undefined;
  /** With its prefix length; or dhcp, or another word. */
  readonly ip: string | undefined;
  /** The option that names the address. */
  readonly option: string;
}

export function machineEnd(values: OptionValues): GuestEnd {
  const bridge = nicsOf(values).find(({ index }) => index === 0)?.nic.bridge;
  const ip = /(?:^|,)ip=([^,]*)/.exec(textOf(values, 'ipconfig0') ?? '')?.[1];
  return { bridge, ip, option: 'ipconfig0' };
}

export function containerEnd(values: OptionValues): GuestEnd {
  const { bridge, ip } = containerNics(values).find(({ index }) => index === 0)?.option ?? {};
  const text = (value: unknown) => (value === undefined ? undefined : String(value));
  return { bridge: text(bridge), ip: text(ip), option: 'ip= of net0' };
}

/**
 * What a guest asks to be forwarded (forwardNote()), or why that is refused; undefined where it asks for nothing. The
 * address is the guest's own, of its configuration, in the network of its bridge, so that neither the node nor what lies
 * behind its uplink is reached; and its last four digits give a port of this machine to one guest alone.
 */
export function guestForward(
  vmid: number,
  values: OptionValues,
  { bridge, ip, option }: GuestEnd,
  interfaces: readonly Interface[],
): GuestForward | { readonly refused: string } | undefined {
  const note = readForwardNote(textOf(values, 'description') ?? '');
  if (!note) return undefined;
  const { local, port } = note;
  if (local < 10_000 || local > 59_999 || local % 10_000 !== vmid % 10_000) {
    return {
      refused: `port ${local} is not one of guest ${vmid}: 10000 to 59999, with the last four digits of the vmid`,
    };
  }
  if (port < 1 || port > 65_535) return { refused: `${port} is no port` };
  const address = /^([\d.]+)\//.exec(ip ?? '')?.[1];
  const number = address === undefined ? undefined : parseAddress(address);
  if (address === undefined || number === undefined) {
    return { refused: `the guest has no IPv4 address of its own (${option})` };
  }
  const [own = '', prefix = ''] = interfaces.find(({ name }) => name === bridge)?.cidr?.split('/') ?? [];
  const range = parseAddress(own) === undefined ? undefined : rangeOf(own, Number(prefix));
  if (!range || own === address || number <= range.first || number >= range.last) {
    return { refused: `${address} is no address of a guest on its bridge ${bridge ?? '(none)'}` };
  }
  return { local, address, port };
}
