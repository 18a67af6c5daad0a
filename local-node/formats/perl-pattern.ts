/** A pattern of Proxmox VE's schema, which must fit a whole value. Perl's notation is JavaScript's but for a few things. */
export function perlPattern(pattern: string): RegExp {
  const text = pattern
    .replaceAll(/\(\?\^i?:/g, '(?:')
    .replaceAll('\\A', '^')
    .replaceAll(/\\[zZ]/g, '$')
    .replaceAll(/\{,(\d+)\}/g, '{0,$1}');
  // Groups without regard to case have no equal yet; the patterns that have one are about names that allow both.
  return new RegExp(`^(?:${text})$`, pattern.includes('(?^i:') ? 'i' : '');
}
