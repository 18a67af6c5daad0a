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

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
