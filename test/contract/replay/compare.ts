import type { RecordedCall } from './recording';

/** An answer of the local node, already in the recording's names. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly body: unknown;
}

/** Fields whose values are compared, not only their types. */
const EXACT = new Set([
  ...['status', 'exitstatus', 'type', 'format', 'content-type', 'volid', 'vmid', 'name', 'qmpstatus', 'lock'],
  ...['iface', 'cidr', 'method', 'mtu', 'bridge_ports', 'comments', 'roleid', 'userid', 'poolid', 'tokenid'],
  ...['scsi0', 'virtio0', 'ide2', 'scsi1', 'boot', 'memory', 'cores', 'agent', 'tags', 'template', 'key'],
  ...['filename', 'mimetype', 'path', 'ugid', 'privsep', 'propagate', 'storage', 'node', 'subdir'],
]);

/**
 * Figures that the local node does not have for a guest, because its processes have no control group of their own: they
 * are left out, for missing is never zero.
 */
const LEFT_OUT = /^pressure(cpu|io|memory)(some|full)$/;

/** What tells rows of a list apart. */
const IDENTITY = [
  'upid',
  'volid',
  'id',
  'vmid',
  'iface',
  'userid',
  'roleid',
  'tokenid',
  'poolid',
  'key',
  'storage',
];

/** Undefined if the answer matches the recorded one; else what differs. */
export function difference(call: RecordedCall, answer: Answer): string | undefined {
  if (answer.status !== call.status)
    return `status ${answer.status} "${answer.reason}", recorded ${call.status}`;
  const recorded = call.body;
  if (typeof recorded === 'string' || recorded === undefined || recorded === null) {
    const [ours, theirs] = [answer.reason.trim(), (call.reason ?? '').trim()];
    if (ours !== theirs) return `reason "${ours}", recorded "${theirs}"`;
    const [body, theirBody] = [String(answer.body ?? '').trim(), String(recorded ?? '').trim()];
    return body === theirBody ? undefined : `body "${body}", recorded "${theirBody}"`;
  }
  return shapeDifference('', recorded, answer.body);
}

function shapeDifference(path: string, recorded: unknown, ours: unknown, exact = true): string | undefined {
  // A secret that the recording hides, or a state that it lacks because its pvestatd did not run.
  if ((recorded === '***' || recorded === 'unknown') && typeof ours === 'string') return undefined;
  const key = path.split('.').at(-1) ?? '';
  if (kind(recorded) !== kind(ours)) return `${path} is ${show(ours)}, recorded ${show(recorded)}`;
  if (Array.isArray(recorded) && Array.isArray(ours)) return listDifference(path, recorded, ours);
  if (isObject(recorded) && isObject(ours)) {
    for (const [name, value] of Object.entries(recorded)) {
      if (!(name in ours) && LEFT_OUT.test(name)) continue;
      if (!(name in ours)) return `${path}.${name} is missing, recorded ${show(value)}`;
      const found = shapeDifference(`${path}.${name}`, value, ours[name], exact);
      if (found) return found;
    }
    const extra = path === '.errors' ? Object.keys(ours).filter((name) => !(name in recorded)) : [];
    return extra.length > 0 ? `${path} also names ${extra.join(', ')}` : undefined;
  }
  const wording = path === '.message' || path.startsWith('.errors.');
  if ((wording || (exact && EXACT.has(key))) && normal(recorded) !== normal(ours)) {
    return `${path} is ${show(ours)}, recorded ${show(recorded)}`;
  }
  return undefined;
}

/** An empty list stays empty; every recorded row has its like, by identity where it has one. */
function listDifference(path: string, recorded: unknown[], ours: unknown[]): string | undefined {
  if (recorded.length === 0)
    return ours.length === 0 ? undefined : `${path} has ${ours.length} rows, recorded none`;
  for (const row of recorded) {
    // Which tasks there were depends on all that went before, so that a row of each kind is enough.
    if (isObject(row) && 'upid' in row) {
      if (!ours.some((other) => shapeDifference(path, row, other, false) === undefined)) {
        return `${path} has no row like ${show(row)}`;
      }
      continue;
    }
    const id = isObject(row) ? IDENTITY.find((name) => name in row) : undefined;
    const same =
      id !== undefined && isObject(row)
        ? ours.find((other) => isObject(other) && other[id] === row[id])
        : ours.find((other) => shapeDifference(path, row, other) === undefined);
    if (same === undefined) return `${path} has no row like ${show(row)}`;
    const found = shapeDifference(path, row, same);
    if (found) return found;
  }
  return undefined;
}

function kind(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'list' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Without what differs from run to run: MAC addresses, temporary names, and the blanks at the end. */
function normal(value: unknown): string {
  return String(value)
    .replace(/[0-9A-F]{2}(:[0-9A-F]{2}){5}/gi, 'MAC')
    .replace(/tmp_dwnl\.\w+/g, 'tmp_dwnl')
    .replace(/'[^']*(pveupload-|tmp_upload\.)\w+'/g, 'the uploaded file')
    .split(',')
    .sort()
    .join(',')
    .trim();
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}
