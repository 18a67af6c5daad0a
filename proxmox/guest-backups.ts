/** Backups of the lab's guests on its node, by the API alone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../config';
import type { GuestKind } from '../config/lab';
import { type ApiClient, TaskError } from './api-client';

type Client = Pick<ApiClient, 'get' | 'post' | 'node'>;

/** What of a guest its backups are known by. */
export interface BackedUpGuest {
  readonly name: string;
  readonly vmid: number;
  readonly kind: GuestKind;
  /** Undefined = the lab's own node. */
  readonly node?: string | undefined;
}

export interface GuestBackup {
  readonly volid: string;
  readonly guest: string;
  readonly vmid: number;
  /** When it began, seconds since the epoch. */
  readonly ctime: number;
  /** Bytes of the archive. */
  readonly size: number;
  readonly format: string;
  readonly protected: boolean;
}

export interface BackupOptions {
  readonly storage: string;
  readonly mode: 'snapshot' | 'suspend' | 'stop';
  /** As Proxmox VE names it in the parameter `compress`. */
  readonly compress: string;
  /** keep-last, ...; undefined = all stay. */
  readonly retention?: Readonly<Record<string, string>> | undefined;
}

/** How far a task is, as its log says it: 0 to 1. */
export type Progress = (share: number) => void;

/** By which a lab tells its backups from others of the same number. */
export function backupNotes(tag: string): string {
  return `{{guestname}} of ${tag}`;
}

function hasNotesOf({ notes }: Pick<Row, 'notes'>, tag: string): boolean {
  return notes?.split(/\s+/).includes(tag) === true;
}

interface Row {
  readonly volid: string;
  readonly vmid?: number;
  readonly ctime: number;
  readonly size: number;
  readonly format: string;
  readonly notes?: string;
  readonly protected?: number;
}

const POLL_MILLISECONDS = 500;

/** Those of these guests that the lab has made, the newest first. */
export async function listBackups(
  client: Client,
  guests: readonly BackedUpGuest[],
  storage: string,
  tag: string,
): Promise<GuestBackup[]> {
  const nodes = new Set(guests.map(({ node }) => node));
  const lists = await Promise.all(
    [...nodes].map((node) =>
      client.get<Row[]>(client.node(`storage/${encodeURIComponent(storage)}/content`, node), {
        content: 'backup',
      }),
    ),
  );
  const rows = new Map(lists.flat().map((row) => [row.volid, row]));
  return [...rows.values()]
    .flatMap((row): GuestBackup[] => {
      const guest = guests.find(({ vmid }) => vmid === row.vmid);
      if (!guest || !hasNotesOf(row, tag)) return [];
      const { volid, ctime, size, format } = row;
      return [
        { volid, guest: guest.name, vmid: guest.vmid, ctime, size, format, protected: row.protected === 1 },
      ];
    })
    .sort((a, b) => b.ctime - a.ctime);
}

/** What of a list of backups tells whose a backup is. */
export type BackupRow = Pick<Row, 'volid' | 'vmid' | 'notes' | 'protected'>;

/** Backups of these vmids that are not the lab's and that nobody has protected: Proxmox VE would prune them with the lab's. */
export function prunableOfOthers(
  rows: readonly BackupRow[],
  vmids: readonly number[],
  tag: string | undefined,
): readonly string[] {
  return rows
    .filter((row) => {
      const isOurs = tag !== undefined && hasNotesOf(row, tag);
      return row.vmid !== undefined && vmids.includes(row.vmid) && !isOurs && row.protected !== 1;
    })
    .map(({ volid }) => volid);
}

/** Throws InputError where pruning would take backups of others along. Nothing was touched then. */
export async function requireNoneOfOthers(
  client: Client,
  guests: readonly BackedUpGuest[],
  storage: string,
  tag: string,
): Promise<void> {
  for (const node of new Set(guests.map((guest) => guest.node))) {
    const path = client.node(`storage/${encodeURIComponent(storage)}/content`, node);
    const rows = await client.get<Row[]>(path, { content: 'backup' });
    const others = prunableOfOthers(
      rows,
      guests.map(({ vmid }) => vmid),
      tag,
    );
    if (others.length > 0) throw new InputError(`${othersFound(others, storage)}: ${OTHERS_REMEDY}`);
  }
}

export function othersFound(volids: readonly string[], storage: string): string {
  return `storage ${storage} has backups of the lab's vmids that are not the lab's, which retention would prune too (${volids.join(', ')})`;
}

export const OTHERS_REMEDY =
  'protect them (pvesm set VOLID --protected 1), or leave retention out of lab.yaml';

/** Backs one guest up, and waits. Throws TaskError. */
export async function backUp(
  client: Client,
  { vmid, node }: BackedUpGuest,
  { storage, mode, compress, retention }: BackupOptions,
  tag: string,
  progress: Progress = () => undefined,
): Promise<void> {
  const kept = retention && Object.entries(retention).map(([name, count]) => `${name}=${count}`);
  const upid = await client.post<string>(client.node('vzdump', node), {
    ...{ vmid, storage, mode, compress, 'notes-template': backupNotes(tag) },
    ...(kept ? { 'prune-backups': kept.join(','), remove: true } : {}),
  });
  await followTask(client, upid, progress);
}

/** Puts a stopped guest back as a backup has it, or makes it anew where it is gone, and starts it. */
export async function restoreGuest(
  client: Client,
  { vmid, kind, node }: BackedUpGuest,
  volid: string,
  progress: Progress = () => undefined,
): Promise<void> {
  const common = { vmid, force: true, start: true };
  const upid =
    kind === 'container'
      ? await client.post<string>(client.node('lxc', node), { ...common, ostemplate: volid, restore: true })
      : await client.post<string>(client.node('qemu', node), { ...common, archive: volid });
  await followTask(client, upid, progress);
}

/** Waits for a task of any length, and tells how far its log says that it is. Throws TaskError. */
export async function followTask(client: Client, upid: string, progress: Progress): Promise<void> {
  const node = /^UPID:([^:]+):/.exec(upid)?.[1];
  const path = client.node(`tasks/${encodeURIComponent(upid)}`, node);
  for (let start = 0; ; ) {
    const { status, exitstatus = 'unknown' } = await client.get<{ status: string; exitstatus?: string }>(
      `${path}/status`,
    );
    const lines = await client.get<{ n: number; t: string }[]>(`${path}/log`, { start, limit: 500 });
    start = Math.max(start, lines.at(-1)?.n ?? 0);
    for (const { t } of lines) {
      const share = /(?:^INFO:|^progress)\s+(\d+)%/.exec(t)?.[1];
      if (share !== undefined) progress(Number(share) / 100);
    }
    if (status === 'stopped') {
      if (exitstatus === 'OK' || exitstatus.startsWith('WARNINGS')) return;
      throw new TaskError(
        upid,
        exitstatus,
        lines.slice(-10).map(({ t }) => t),
      );
    }
    await sleep(POLL_MILLISECONDS);
  }
}
