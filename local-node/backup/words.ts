/** Sizes and times as Proxmox VE's logs of backups write them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** 1.00 GiB */
export function bytesText(bytes: number, digits = 2): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

/** 146.3 MiB/s */
export function rateText(bytes: number, seconds: number): string {
  return `${bytesText(bytes / Math.max(seconds, 0.001), 1)}/s`;
}

/** As tar says it of what it read or wrote: (2.5MiB, 51MiB/s) */
export function tarText(bytes: number, seconds: number): string {
  const short = (value: number) => {
    const [number = '0', unit = 'B'] = bytesText(value, 1).split(' ');
    return `${Number(number) >= 10 ? Math.round(Number(number)) : number}${unit}`;
  };
  return `${bytes} (${short(bytes)}, ${short(bytes / Math.max(seconds, 0.001))}/s)`;
}

/** Of a finished archive: 12MB, 1.20GB */
export function archiveText(bytes: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(2)}GB` : `${Math.floor(mebibytes)}MB`;
}

/** 00:00:15 */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** <1 seconds, 15 seconds */
export function outageText(seconds: number): string {
  return seconds < 1 ? '<1 seconds' : `${Math.round(seconds)} seconds`;
}
