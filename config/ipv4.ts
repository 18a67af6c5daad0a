/** An IPv4 address as an unsigned 32-bit number; undefined where the text is none (leading zeros are refused). */
export function parseAddress(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)) {
    return undefined;
  }
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** A network as its first and last address and its prefix length. */
export interface AddressRange {
  readonly first: number;
  readonly last: number;
  readonly prefix: number;
}

/** Reads CIDR notation. A fault is told as the text to show. */
export function parseNetwork(text: string): AddressRange | { readonly fault: string } {
  const [address = '', prefixText = '', ...rest] = text.split('/');
  const first = parseAddress(address);
  const prefix = /^\d{1,2}$/.test(prefixText) ? Number(prefixText) : Number.NaN;
  if (first === undefined || rest.length > 0 || !(prefix >= 8 && prefix <= 30)) {
    return { fault: `"${text}" is not a network such as 192.168.10.0/24 (prefix length 8 to 30)` };
  }
  const size = 2 ** (32 - prefix);
  if (first % size !== 0) {
    return {
      fault: `"${text}" has host bits set; the network is ${formatAddress(first - (first % size))}/${prefix}`,
    };
  }
  return { first, last: first + size - 1, prefix };
}

/** The network of this prefix length that an address is in. Throws a TypeError where the text is no address. */
export function rangeOf(address: string, prefix: number): AddressRange {
  const number = parseAddress(address);
  if (number === undefined) throw new TypeError(`"${address}" is no IPv4 address`);
  const size = 2 ** (32 - prefix);
  const first = number - (number % size);
  return { first, last: first + size - 1, prefix };
}

export function overlap(one: AddressRange, two: AddressRange): boolean {
  return one.first <= two.last && two.first <= one.last;
}

/** Networks in which no host of a network can be (RFC 6890), and what they are for. */
const SPECIAL_NETWORKS: readonly (readonly [address: string, prefix: number, purpose: string])[] = [
  ['0.0.0.0', 8, 'stands for "this network"'],
  ['127.0.0.0', 8, 'is loopback'],
  ['169.254.0.0', 16, 'is link-local'],
  ['224.0.0.0', 4, 'is multicast'],
  ['240.0.0.0', 4, 'is reserved, and ends with the broadcast address'],
];

/** Why no host can have an address of this range, for example "127.0.0.0/8 is loopback"; undefined where one can. */
export function whySpecial(range: AddressRange): string | undefined {
  const found = SPECIAL_NETWORKS.find(([address, prefix]) => overlap(range, rangeOf(address, prefix)));
  return found && `${found[0]}/${found[1]} ${found[2]}`;
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
