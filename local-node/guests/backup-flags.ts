/** The lock that a guest's configuration bears while it is backed up, so that nobody changes or starts it meanwhile. */
import type { Logger } from 'pino';
import type { OptionValues } from '../formats/option-values';
import type { GuestLocks } from './guest-lock';
import { type GuestKind, type GuestStore, refuseLocked } from './guest-store';

export class BackupFlags {
  private readonly cutOff = new Set<number>();

  constructor(
    private readonly locks: GuestLocks,
    private readonly logger: Logger,
  ) {}

  /** Guests whose backup the end of an earlier node cut off. */
  get interrupted(): ReadonlySet<number> {
    return this.cutOff;
  }

  /** Throws if the guest is locked already. Returns its options as they are without the lock. */
  set(store: GuestStore, noun: GuestKind['noun'], vmid: number): Promise<OptionValues> {
    return this.locks.exclusive(vmid, async () => {
      const config = store.get(vmid);
      refuseLocked(config, noun);
      await store.write(vmid, { ...config, values: new Map(config.values).set('lock', 'backup') });
      return config.values;
    });
  }

  async unset(store: GuestStore, vmid: number): Promise<void> {
    await this.locks.exclusive(vmid, async () => {
      const config = store.find(vmid);
      if (config?.values.get('lock') !== 'backup') return; // removed meanwhile, or unlocked by hand
      const values = new Map(config.values);
      values.delete('lock');
      await store.write(vmid, { ...config, values });
    });
  }

  /** At the node's start: nobody backs a guest up then. */
  async takeOff(store: GuestStore): Promise<void> {
    for (const [vmid, { values }] of store.readable()) {
      if (values.get('lock') !== 'backup') continue;
      this.logger.warn({ vmid }, 'the backup of a guest was cut off');
      this.cutOff.add(vmid);
      await this.unset(store, vmid).catch((err: unknown) =>
        this.logger.error({ vmid, err }, 'a guest stays locked'),
      );
    }
  }
}
