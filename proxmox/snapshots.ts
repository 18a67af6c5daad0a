/** Snapshots of guests through the API, and what each costs: seconds, bytes, and how long the guest stood still. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../config/lab';
import { hasTag } from '../config/lab-identity';
import type { ApiClient } from './api-client';
import type { GuestAccess } from './guest-access';
import { guestPath } from './guest-access';

/** A guest as the node has it. */
export type SnapshotGuest = Pick<Guest, 'kind' | 'vmid' | 'node' | 'name'>;

export interface Snapshot {
  readonly name: string;
  readonly description: string;
  /** Unix seconds. */
  readonly snaptime: number;
  readonly parent?: string;
  /** Does it keep the guest's memory? */
  readonly withMemory: boolean;
}

export interface SnapshotCost {
  /** From the request to the end of its task. */
  readonly seconds: number;
  /** Memory of a VM, or files of a container, as the node says; null where it says nothing. */
  readonly bytes: number | null;
  /** At most so long the guest stood still, seconds; null where nobody could tell. */
  readonly stillSeconds: number | null;
}

interface Row {
  readonly vmid: number;
  readonly type: string;
  readonly node: string;
  readonly name?: string;
  readonly tags?: string;
  readonly template?: number;
}

type Client = Pick<ApiClient, 'get' | 'post' | 'put' | 'delete' | 'node' | 'wait'>;

/** Longest wait for a guest that goes on to answer again, seconds. */
const BACK_SECONDS = 600;
const PING_MILLISECONDS = 100;

/** The guests that carry the tag of the lab's identity, by vmid. No other guest is ever one of them. */
export async function guestsWithTag(client: Pick<ApiClient, 'get'>, tag: string): Promise<SnapshotGuest[]> {
  const rows = await client.get<Row[]>('cluster/resources', { type: 'vm' });
  return rows
    .filter(({ tags, template }) => hasTag(tags, tag) && template !== 1)
    .sort((a, b) => a.vmid - b.vmid)
    .map(({ vmid, type, node, name }) => ({
      ...{ vmid, node, name: name ?? String(vmid) },
      kind: type === 'lxc' ? 'container' : 'vm',
    }));
}

/** Oldest first. */
export async function snapshotsOf(
  client: Pick<Client, 'get' | 'node'>,
  guest: SnapshotGuest,
): Promise<Snapshot[]> {
  const rows = await client.get<(Omit<Snapshot, 'withMemory'> & { readonly vmstate?: number })[]>(
    guestPath(client, guest, 'snapshot'),
  );
  return rows
    .filter(({ name }) => name !== 'current')
    .map(({ vmstate, name, description, snaptime, parent }) => ({
      ...{ name, description: description.trimEnd(), snaptime, withMemory: vmstate === 1 },
      ...(parent === undefined ? {} : { parent }),
    }))
    .sort((a, b) => a.snaptime - b.snaptime);
}

/** What it needs of a VM to see when it stands still. */
export type Ping = () => Promise<unknown>;

export class Snapshots {
  /** `pingOf` gives what a guest answers while it runs; undefined where nothing does. */
  constructor(
    private readonly client: Client,
    private readonly pingOf: (guest: SnapshotGuest) => Ping | undefined,
  ) {}

  /** With memory where the guest is a VM that runs. Throws TaskError and ApiError. */
  take(
    guest: SnapshotGuest,
    name: string,
    { memory, description }: { readonly memory: boolean; readonly description?: string },
  ): Promise<SnapshotCost> {
    const form = { snapname: name, description, ...(memory && guest.kind === 'vm' ? { vmstate: 1 } : {}) };
    return this.measured(guest, true, () => this.client.post<string>(this.path(guest, ''), form));
  }

  /**
   * The guest goes on in the snapshot's memory if it has any, else it starts where that is asked, else it is stopped.
   * `goesOn`: it is waited for until it answers.
   */
  rollBack(
    guest: SnapshotGuest,
    name: string,
    { start, goesOn }: { readonly start: boolean; readonly goesOn: boolean },
  ): Promise<SnapshotCost> {
    return this.measured(guest, goesOn, () =>
      this.client.post<string>(this.path(guest, `/${name}/rollback`), start ? { start: 1 } : {}),
    );
  }

  remove(guest: SnapshotGuest, name: string): Promise<SnapshotCost> {
    return this.measured(guest, true, () => this.client.delete<string>(this.path(guest, `/${name}`)));
  }

  /** Those of a guest, the oldest first. */
  of(guest: SnapshotGuest): Promise<Snapshot[]> {
    return snapshotsOf(this.client, guest);
  }

  private path(guest: SnapshotGuest, rest: string): string {
    return guestPath(this.client, guest, `snapshot${rest}`);
  }

  private async measured(
    guest: SnapshotGuest,
    goesOn: boolean,
    work: () => Promise<string>,
  ): Promise<SnapshotCost> {
    const ping = this.pingOf(guest);
    const watch = ping && (await AnswerWatch.begin(ping));
    const begin = performance.now();
    try {
      const upid = await work();
      await this.client.wait(upid);
      const seconds = (performance.now() - begin) / 1000;
      const log = await this.logOf(guest, upid);
      if (!goesOn) return { seconds, bytes: bytesIn(log), stillSeconds: null };
      // An answer after it is what ends the longest time without one.
      await watch?.again(BACK_SECONDS);
      return { seconds, bytes: bytesIn(log), stillSeconds: watch?.longestGap ?? stillIn(log) };
    } finally {
      await watch?.end();
    }
  }

  private async logOf({ node }: SnapshotGuest, upid: string): Promise<readonly string[]> {
    const path = this.client.node(`tasks/${encodeURIComponent(upid)}/log`, node);
    return (await this.client.get<{ t: string }[]>(path, { limit: 1000 })).map(({ t }) => t);
  }
}

/**
 * Asks a guest again and again: the longest time between two answers is at least as long as it stood still, and longer by
 * one round of asking.
 */
class AnswerWatch {
  private last = performance.now();
  private gap = 0;
  private answers = 0;
  private over = false;
  private readonly asking: Promise<void>;

  private constructor(private readonly ping: Ping) {
    this.asking = this.ask();
  }

  /** Undefined for a guest that does not answer now. */
  static async begin(ping: Ping): Promise<AnswerWatch | undefined> {
    const answers = await ping().then(
      () => true,
      () => false,
    );
    return answers ? new AnswerWatch(ping) : undefined;
  }

  /** Seconds. */
  get longestGap(): number {
    return this.gap / 1000;
  }

  /** Waits until the guest answers once more than until now. Throws if it does not. */
  async again(seconds: number): Promise<void> {
    const before = this.answers;
    const deadline = performance.now() + seconds * 1000;
    while (this.answers === before) {
      if (performance.now() > deadline) throw new Error(`the guest has not answered for ${seconds} s`);
      await sleep(PING_MILLISECONDS);
    }
  }

  async end(): Promise<void> {
    this.over = true;
    await this.asking;
  }

  private async ask(): Promise<void> {
    while (!this.over) {
      const answered = await this.ping().then(
        () => true,
        () => false,
      );
      const now = performance.now();
      if (answered) {
        this.gap = Math.max(this.gap, now - this.last);
        this.last = now;
        this.answers += 1;
      }
      await sleep(PING_MILLISECONDS);
    }
  }
}

/** "completed saving the VM state in 2s, saved 312.40 MiB", "copied 900.00 MiB in 3.1s". */
function bytesIn(log: readonly string[]): number | null {
  const text = /(?:saved|copied) ([\d.]+) ([KMG]i)?B/.exec(log.join('\n'));
  if (!text) return null;
  const unit = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }[text[2] ?? ''] ?? 1;
  return Math.round(Number(text[1]) * unit);
}

/** What the local node says of a container, which no agent answers for. */
function stillIn(log: readonly string[]): number | null {
  const text = /in ([\d.]+)s while the container stood still/.exec(log.join('\n'))?.[1];
  return text === undefined ? null : Number(text);
}

/** Sets the clock of a guest that goes on in the memory of then. `now`: Unix seconds. Throws if the guest refuses. */
export async function setGuestClock(access: Pick<GuestAccess, 'exec'>, now: () => number): Promise<void> {
  const { exitCode, stderr } = await access.exec(['date', '--utc', `--set=@${now().toFixed(3)}`]);
  if (exitCode !== 0) throw new Error(`the guest's clock cannot be set: ${stderr.trim()}`);
}
