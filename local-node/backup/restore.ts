/** What restores of both kinds of guests have in common: they make a new guest, or take an old one's place. */
import type { Logger } from 'pino';
import { emptyConfig, type GuestConfig } from '../formats/guest-config';
import type { OptionValues } from '../formats/option-values';
import { messageOf } from '../guests/guest-disks';
import type { GuestLocks } from '../guests/guest-lock';
import type { GuestStore } from '../guests/guest-store';
import type { PoolStore } from '../guests/pools';
import type { StorageService } from '../storage/storage-service';
import type { RestoreJournal } from './restore-journal';

export interface RestoreRequest {
  /** A backup, or what is none and fails the task. */
  readonly archive: string;
  /** Where the volumes go; undefined = where those of the backup were. */
  readonly storage: string | undefined;
  /** New addresses of network interfaces, and a new identity. */
  readonly unique: boolean;
  readonly force: boolean;
  readonly start: boolean;
  readonly pool: string | undefined;
  /** Options that replace those of the backup. */
  readonly options: OptionValues;
}

export interface RestoreUses {
  readonly logger: Logger;
  readonly storage: StorageService;
  readonly locks: GuestLocks;
  readonly pools: PoolStore;
  readonly journal: RestoreJournal;
}

/** A restored guest that is whole. */
export interface Restored {
  readonly values: OptionValues;
}

/**
 * Runs `make`, which makes the new volumes and tells of each before it does, and puts the guest into its place. Where
 * it fails, what was made goes and an old guest stays as it was.
 */
export async function restoreInto(
  uses: RestoreUses,
  store: GuestStore,
  target: { readonly vmid: number; readonly old: GuestConfig | undefined; readonly pool: string | undefined },
  make: (tell: (volid: string) => void) => Promise<Restored>,
  removeVolume: (volid: string) => Promise<void>,
): Promise<void> {
  const { vmid, old, pool } = target;
  const made: string[] = [];
  const tell = (volid: string) => {
    made.push(volid);
    if (old) uses.journal.write(vmid, made);
  };
  try {
    if (old) await store.write(vmid, { ...old, values: new Map(old.values).set('lock', 'create') });
    const { values } = await make(tell);
    if (pool !== undefined) await uses.pools.addGuest(pool, vmid);
    await store.write(vmid, emptyConfig(values));
    uses.journal.end(vmid);
  } catch (fault) {
    await takeBack(uses, store, { vmid, old, made }, removeVolume);
    throw fault;
  }
}

async function takeBack(
  { logger, journal, pools }: RestoreUses,
  store: GuestStore,
  { vmid, old, made }: { vmid: number; old: GuestConfig | undefined; made: readonly string[] },
  removeVolume: (volid: string) => Promise<void>,
): Promise<void> {
  try {
    for (const volid of made) await removeVolume(volid);
    if (old) {
      await store.write(vmid, old);
      journal.end(vmid);
    } else {
      await pools.removeGuest(vmid);
      store.remove(vmid);
    }
  } catch (err) {
    logger.warn({ vmid, err: messageOf(err) }, 'what was restored is not taken back; the next start does');
  }
}

/** At the node's start: takes back what a restore over a guest left that was cut off. */
export async function mendRestores(
  { logger, journal }: RestoreUses,
  stores: readonly GuestStore[],
  removeVolume: (volid: string) => Promise<void>,
): Promise<void> {
  for (const { vmid, volids } of journal.cutOff()) {
    logger.warn({ vmid }, 'the restore of a guest was cut off');
    const store = stores.find((one) => one.has(vmid));
    for (const volid of volids) if (!store?.mentions(vmid, volid)) await removeVolume(volid);
    const config = store?.find(vmid);
    if (store && config?.values.get('lock') === 'create') {
      const values = new Map(config.values);
      values.delete('lock');
      await store.write(vmid, { ...config, values });
    }
    journal.end(vmid);
  }
}
