/** Figures as Proxmox VE's command line renders them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value: number): string {
  const power = value > 1023 ? Math.min(Math.floor(Math.log2(value) / 10), UNITS.length - 1) : 0;
  return `${(value / 1024 ** power).toFixed(2)} ${UNITS[power]}`;
}

export function percentage(fraction: number): string {
  return `${(fraction * 100).toFixed(2)}%`;
}

/** Seconds as weeks, days, hours, minutes and seconds. */
export function duration(seconds: number): string {
  let rest = Math.trunc(seconds);
  const parts: string[] = [];
  const steps = [
    ['w', 604_800],
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const;
  for (const [unit, length] of steps) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(' ');
}
