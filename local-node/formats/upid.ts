import { type Caller, callerName } from '../base/caller';

/**
 * Proxmox VE's name of a task: UPID:node:pid:pstart:starttime:type:id:user@realm[!token]: with pid, pstart (1/100 s
 * since boot) and starttime (seconds since the epoch) as eight hexadecimal digits each.
 */
export interface Upid {
  readonly node: string;
  readonly pid: number;
  readonly pstart: number;
  readonly starttime: number;
  readonly type: string;
  readonly id: string;
  readonly caller: Caller;
}

const SHAPE =
  /^UPID:([a-zA-Z0-9-]+):([0-9A-F]{8}):([0-9A-F]{8,9}):([0-9A-F]{8}):([^:\s/]+):([^:\s]*):([^:\s/!]+)(?:!([^:\s/!]+))?:$/i;

export function formatUpid(upid: Upid): string {
  const hex = (value: number) => value.toString(16).toUpperCase().padStart(8, '0');
  const user = callerName(upid.caller);
  const numbers = [upid.pid, upid.pstart, upid.starttime].map(hex).join(':');
  // A colon or a slash in an id, as in a volume's name, would break the UPID and its file's name.
  const id = upid.id.replace(
    /[^\w.@+-]/g,
    (sign) => `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `UPID:${upid.node}:${numbers}:${upid.type}:${id}:${user}:`;
}

/** Undefined if the text is no UPID. */
export function parseUpid(text: string): Upid | undefined {
  const match = SHAPE.exec(text);
  if (!match) return undefined;
  const [, node = '', pid = '', pstart = '', starttime = '', type = '', id = '', userId = '', tokenId] =
    match;
  return {
    node,
    pid: Number.parseInt(pid, 16),
    pstart: Number.parseInt(pstart, 16),
    starttime: Number.parseInt(starttime, 16),
    type,
    id: id.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    caller: { userId, ...(tokenId ? { tokenId } : {}) },
  };
}
