import { readForwardNote } from '../../config/application-address';
import { parseAddress, rangeOf } from '../../config/ipv4';
import type { Interface } from '../formats/interfaces-file';
import { nicsOf, type OptionValues, textOf } from '../formats/option-values';

/** A port of this machine that leads to one of a guest. */
export interface GuestForward {
  readonly local: number;
  readonly address: string;
  readonly port: number;
}

/**
 * What a guest asks to be forwarded (forwardNote()), or why that is refused; undefined where it asks for nothing. The
 * address is the guest's own, of its cloud-init, in the network of its bridge, so that neither the node nor what lies
 * behind its uplink is reached; and its last four digits give a port of this machine to one guest alone.
 */
export function guestForward(
  vmid: number,
  values: OptionValues,
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
  const address = /(?:^|,)ip=([\d.]+)\//.exec(textOf(values, 'ipconfig0') ?? '')?.[1];
  const number = address === undefined ? undefined : parseAddress(address);
  if (address === undefined || number === undefined) {
    return { refused: 'the guest has no IPv4 address of its own (ipconfig0)' };
  }
  const bridge = nicsOf(values).find(({ index }) => index === 0)?.nic.bridge;
  const [own = '', prefix = ''] = interfaces.find(({ name }) => name === bridge)?.cidr?.split('/') ?? [];
  const range = parseAddress(own) === undefined ? undefined : rangeOf(own, Number(prefix));
  if (!range || own === address || number <= range.first || number >= range.last) {
    return { refused: `${address} is no address of a guest on its bridge ${bridge ?? '(none)'}` };
  }
  return { local, address, port };
}
