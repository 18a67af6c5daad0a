import { isIPv4, isIPv6 } from 'node:net';

/** An address as four 32-bit words; IPv4 has only the last one. */
export interface IpAddress {
  readonly version: 4 | 6;
  readonly words: readonly [number, number, number, number];
}

/** Numeric form of a dotted IPv4 address. */
export function ipv4Word(address: string): number {
  if (!isIPv4(address)) throw new RangeError(`"${address}" is not an IPv4 address`);
  return address.split('.').reduce((word, octet) => word * 256 + Number(octet), 0);
}

export function parseAddress(address: string): IpAddress {
  if (isIPv4(address)) return { version: 4, words: [0, 0, 0, ipv4Word(address)] };
  if (!isIPv6(address) || address.includes('%')) throw new RangeError(`"${address}" is not an IP address`);
  // A URL's host is the address in RFC 5952's form: hexadecimal throughout, with at most one "::".
  const [before = '', after] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [head, tail] = [groups(before), groups(after ?? '')];
  const all = [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  const word = (index: number): number => (all[index] ?? 0) * 65536 + (all[index + 1] ?? 0);
  return { version: 6, words: [word(0), word(2), word(4), word(6)] };
}

/** Dotted, or as RFC 5952 writes IPv6. */
export function formatAddress({ version, words }: IpAddress): string {
  if (version === 4) return [24, 16, 8, 0].map((shift) => (words[3] >>> shift) & 255).join('.');
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff].map((group) => group.toString(16)));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
