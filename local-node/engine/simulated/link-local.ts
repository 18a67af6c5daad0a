/** The address that Linux gives to every interface that is up, from its MAC address (EUI-64, RFC 4291). */
export function linkLocal(mac: string): string {
  const [first = 0, ...others] = mac.split(':').map((part) => Number.parseInt(part, 16));
  const bytes = [first ^ 2, ...others.slice(0, 2), 0xff, 0xfe, ...others.slice(2)];
  const groups = [0, 2, 4, 6].map((at) => (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16));
  return new URL(`http://[fe80::${groups.join(':')}]`).hostname.slice(1, -1);
}
