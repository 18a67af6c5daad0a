/**
 * Snapshots of guests, of either kind. Each method's worker is the body of a task. What is being done stands in the
 * guest's file before it begins, as on Proxmox VE: a snapshot that is taken has snapstate `prepare`, one that goes
 * `delete`, and the guest is locked meanwhile. mend() ends at the node's start what a crash has cut off: it takes back
 * what was being taken, and goes on with removing and rolling back.
 */
import type { Logger } from 'pino';
import { ApiError } from '../../base/api-error';
import type { Caller } from '../../base/caller';
import type { Clock } from '../../base/clock';
import { digestOf, type GuestConfig } from '../../formats/guest-config';
import type { OptionValues } from '../../formats/option-values';
import type { TaskWorker } from '../../tasks/task-service';
import { messageOf } from '../guest-disks';
import type { GuestLocks } from '../guest-lock';
import { type GuestStore, refuseLocked } from '../guest-store';
import {
  begun,
  finished,
  rolledBack,
  type SnapshotRow,
  settled,
  snapshotOf,
  snapshotRows,
  under,
  unfinished,
  withOption,
  without,
} from './snapshot-config';

type Log = (line: string) => void;

/** What is different between kinds of guests. `values` are those of the snapshot, or of the guest where there is none. */
export interface SnapshotHands {
  readonly noun: 'VM' | 'CT';
  /** Names that no snapshot may have. */
  readonly reserved: readonly string[];
  /** Can all volumes keep snapshots? */
  available(values: OptionValues): boolean;
  isRunning(vmid: number): boolean;
  /** Throws unless there is room for it. */
  requireSpace(values: OptionValues, memory: boolean): Promise<void>;
  /** Returns the options that the snapshot has besides. */
  take(vmid: number, name: string, config: GuestConfig, memory: boolean, log: Log): Promise<Options>;
  stop(vmid: number): Promise<void>;
  /** Puts the volumes back, of a guest that does not run. */
  rollBack(vmid: number, name: string, snapshot: OptionValues): Promise<void>;
  /** What a guest that was rolled back has anew; `before` are the options that it had before that. */
  renewed(values: OptionValues, before: OptionValues): OptionValues;
  /** By a task. */
  start(vmid: number, caller: Caller): void;
  remove(vmid: number, name: string, config: GuestConfig): Promise<void>;
  /** Lets the guest go on in the snapshot's memory, if it has any. The caller holds the guest's lock. */
  goOn(vmid: number, name: string, snapshot: OptionValues, log: Log): Promise<void>;
}

type Options = Readonly<Record<string, string>>;

interface GuestSnapshotsUses {
  readonly store: GuestStore;
  readonly locks: GuestLocks;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface SnapshotRequest {
  readonly name: string;
  readonly description?: string | undefined;
  /** With memory, if the guest runs. */
  readonly memory: boolean;
}

export class GuestSnapshots {
  constructor(
    private readonly uses: GuestSnapshotsUses,
    private readonly hands: SnapshotHands,
  ) {}

  /** All snapshots, and the guest as it is now. Throws ApiError. */
  list(vmid: number): { readonly here: object; readonly rows: readonly SnapshotRow[] } {
    const config = this.uses.store.get(vmid);
    const here = {
      ...{ name: 'current', description: 'You are here!', digest: digestOf(config) },
      ...{ running: this.hands.isRunning(vmid) ? 1 : 0, parent: config.values.get('parent') },
    };
    return { rows: snapshotRows(config), here };
  }

  /** Can a snapshot of the guest be taken, or of what it was at a snapshot? Throws ApiError. */
  available(vmid: number, name?: string): boolean {
    const config = this.uses.store.get(vmid);
    return this.hands.available(name === undefined ? config.values : snapshotOf(config, name));
  }

  /** The options that the guest had, and the snapshot's own. Throws ApiError. */
  config(vmid: number, name: string): OptionValues {
    return snapshotOf(this.uses.store.get(vmid), name);
  }

  async describe(vmid: number, name: string, description: string | undefined): Promise<void> {
    this.config(vmid, name);
    if (description === undefined) return;
    await this.uses.locks.exclusive(vmid, async () => {
      const config = this.uses.store.get(vmid);
      refuseLocked(config, this.hands.noun);
      await this.uses.store.write(vmid, withOption(config, name, 'description', description));
    });
  }

  /** Throws ApiError if there is no such guest or no snapshot may have the name. */
  take(vmid: number, { name, description, memory }: SnapshotRequest): TaskWorker {
    this.uses.store.get(vmid);
    if (this.hands.reserved.includes(name.toLowerCase()))
      throw new ApiError(500, `unable to use snapshot name '${name}' (reserved name)`);
    return ({ log }) =>
      this.uses.locks.exclusive(vmid, async () => {
        const { store, clock } = this.uses;
        const config = store.get(vmid);
        if (config.values.get('template') === '1')
          throw new Error("you can't take a snapshot if it's a template");
        refuseLocked(config, this.hands.noun);
        if (config.snapshots.has(name)) throw new Error(`snapshot name '${name}' already used`);
        if (!this.hands.available(config.values)) throw new Error('snapshot feature is not available');
        const withMemory = memory && this.hands.isRunning(vmid);
        await this.hands.requireSpace(config.values, withMemory);
        const seconds = Math.floor(clock.now() / 1000);
        let draft = begun(config, name, { seconds, description });
        await this.beginWith(vmid, config, draft);
        try {
          const own = await this.hands.take(vmid, name, draft, withMemory, log);
          for (const [option, value] of Object.entries(own)) draft = withOption(draft, name, option, value);
          await store.write(vmid, finished(draft, name));
        } catch (fault) {
          log('snapshot create failed: starting cleanup');
          await this.takeBack(vmid, name).catch((cause: unknown) => log(messageOf(cause)));
          throw fault;
        }
      });
  }

  /** The guest is stopped, unless the snapshot has its memory, in which it then goes on. */
  rollBack(vmid: number, name: string): TaskWorker {
    this.uses.store.get(vmid);
    return ({ log }) =>
      this.uses.locks.exclusive(vmid, async () => {
        const config = this.uses.store.get(vmid);
        if (config.values.get('template') === '1')
          throw new Error(`you can't rollback if ${this.hands.noun.toLowerCase()} is a template`);
        const snapshot = snapshotOf(config, name);
        refuseLocked(config, this.hands.noun);
        const state = snapshot.get('snapstate');
        if (state !== undefined)
          throw new Error(`unable to rollback to incomplete snapshot (snapstate = ${state})`);
        await this.beginWith(vmid, config, under(config, name, 'rollback'));
        await this.finishRollBack(vmid, name, log);
      });
  }

  /** Starts a guest that was rolled back, unless it runs. */
  startAfter(vmid: number, caller: Caller): void {
    if (!this.hands.isRunning(vmid)) this.hands.start(vmid, caller);
  }

  /** With `force` the snapshot goes from the guest's file also where a volume could not let go of it. */
  remove(vmid: number, name: string, force: boolean): TaskWorker {
    this.uses.store.get(vmid);
    return ({ log }) =>
      this.uses.locks.exclusive(vmid, async () => {
        const config = this.uses.store.get(vmid);
        snapshotOf(config, name);
        refuseLocked(config, this.hands.noun);
        await this.beginWith(vmid, config, under(config, name, 'delete'));
        try {
          await this.takeBack(vmid, name);
        } catch (fault) {
          if (!force) throw fault;
          log(messageOf(fault));
          await this.uses.store.write(vmid, without(this.uses.store.get(vmid), name));
        }
      });
  }

  /** Ends what a crash has cut off. Guests that outlived it are known by now. */
  async mend(): Promise<void> {
    const { store, locks, logger } = this.uses;
    for (const [vmid, config] of store.readable()) {
      const [name, state] = unfinished(config) ?? [];
      if (name === undefined) continue;
      logger.warn({ vmid, snapshot: name, state }, 'ending what was done to a snapshot when the node ended');
      const work = () =>
        state === 'rollback' ? this.finishRollBack(vmid, name, () => undefined) : this.takeBack(vmid, name);
      await locks.exclusive(vmid, work).catch((err: unknown) => {
        // It stays locked, and the next start tries again.
        logger.error({ vmid, snapshot: name, err }, 'a snapshot cannot be mended');
      });
    }
  }

  /** The file may be the new one although its write failed, as where only its directory could not be put on disk. */
  private async beginWith(vmid: number, before: GuestConfig, after: GuestConfig): Promise<void> {
    try {
      await this.uses.store.write(vmid, after);
    } catch (fault) {
      await this.uses.store.write(vmid, before).catch(() => undefined);
      throw fault;
    }
  }

  private async finishRollBack(vmid: number, name: string, log: Log): Promise<void> {
    const { store } = this.uses;
    const before = store.get(vmid);
    const snapshot = snapshotOf(before, name);
    await this.hands.stop(vmid);
    await this.hands.rollBack(vmid, name, snapshot);
    const after = rolledBack(before, name);
    const values = this.hands.renewed(after.values, before.values);
    await store.write(vmid, { ...after, values });
    await this.hands.goOn(vmid, name, snapshot, log);
    await store.write(vmid, settled(store.get(vmid), name));
  }

  /** Removes a snapshot, or what there is of it. */
  private async takeBack(vmid: number, name: string): Promise<void> {
    await this.hands.remove(vmid, name, this.uses.store.get(vmid));
    await this.uses.store.write(vmid, without(this.uses.store.get(vmid), name));
  }
}
