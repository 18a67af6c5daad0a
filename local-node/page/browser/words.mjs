/** Figures as Proxmox VE writes them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/**
 * @param {number} value
 * @returns {string} for example 1.50 GiB
 */
export function bytes(value) {
  let scaled = value;
  let unit = 0;
  while (scaled >= 1024 && unit < UNITS.length - 1) {
    scaled /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? scaled.toFixed(0) : scaled.toFixed(2)} ${UNITS[unit]}`;
}

/** @param {number} share 0 to 1 */
export const percent = (share) => `${(share * 100).toFixed(2)}%`;

/**
 * @param {number} used bytes
 * @param {number} total bytes
 */
export function usage(used, total) {
  return total > 0 ? `${percent(used / total)} (${bytes(used)} of ${bytes(total)})` : 'N/A';
}

/**
 * @param {number} share 0 to 1
 * @param {number} cpus
 */
export const cpuUsage = (share, cpus) => `${percent(share)} of ${cpus} CPU(s)`;

/**
 * @param {number} seconds
 * @returns {string} for example 2 days 03:04:05
 */
export function duration(seconds) {
  const days = Math.floor(seconds / 86_400);
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, '0');
  const clock = `${two((seconds % 86_400) / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
  if (days === 0) return clock;
  return `${days} day${days === 1 ? '' : 's'} ${clock}`;
}

const TIME = new Intl.DateTimeFormat('en-GB', { month: 'short', day: '2-digit', ...clockParts() });
const HOURS = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hour12: false });

function clockParts() {
  return /** @type {const} */ ({ hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
}

/** @param {number} seconds of the epoch */
export function time(seconds) {
  const parts = Object.fromEntries(
    TIME.formatToParts(seconds * 1000).map(({ type, value }) => [type, value]),
  );
  return `${parts.month} ${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
}

/** @param {number} seconds of the epoch */
export const clock = (seconds) => HOURS.format(seconds * 1000);

/** @type {Readonly<Record<string, string>>} */
const TASKS = {
  ...{
    qmcreate: 'Create',
    qmclone: 'Clone',
    qmconfig: 'Configure',
    qmdestroy: 'Destroy',
    qmmove: 'Move disk',
  },
  ...{ qmreboot: 'Reboot', qmreset: 'Reset', qmshutdown: 'Shutdown', qmstart: 'Start', qmstop: 'Stop' },
  ...{ qmtemplate: 'Convert to template', resize: 'Resize', vncproxy: 'Console', imgdel: 'Erase data' },
  ...{ vzcreate: 'Create', vzclone: 'Clone', vzdestroy: 'Destroy', vzreboot: 'Reboot' },
  ...{ vzshutdown: 'Shutdown', vzstart: 'Start', vzstop: 'Stop', vztemplate: 'Convert to template' },
  ...{ download: 'File download', imgcopy: 'Copy data', srvreload: 'Reload' },
};

/** @param {{ type: string, id?: string }} task */
export function taskWords({ type, id }) {
  const words = TASKS[type] ?? type;
  if (!id) return words;
  if (!/^\d+$/.test(id)) return `${words} ${id}`;
  return `${type.startsWith('vz') ? 'CT' : 'VM'} ${id} - ${words}`;
}
