/** From which state each session begins, where the plan says so: a boot, or one and the same snapshot of its guest. */
import { createHash } from 'node:crypto';
import type { Guest } from '../../../config/lab';
import type { GuestAccess } from '../../../proxmox/guest-access';
import { type SnapshotCost, type Snapshots, setGuestClock } from '../../../proxmox/snapshots';
import type { QosSession } from '../../run/raw-data';
import type { GuestPower } from '../resources/guest-power';

export type ResetKind = NonNullable<QosSession['reset']>['from'];
type SessionReset = NonNullable<QosSession['reset']>;

/** What resets need of the world. */
export interface ResetWorld {
  readonly snapshots: Pick<Snapshots, 'take' | 'rollBack' | 'remove' | 'of'>;
  readonly power: Pick<GuestPower, 'start' | 'shutdown'> & {
    readonly untilReady: (guest: Guest) => Promise<unknown>;
  };
  readonly agent: (guest: Guest) => Pick<GuestAccess, 'exec'>;
  /** Unix seconds on the node. */
  readonly now: () => number;
  readonly progress: (text: string) => void;
}

/** Of the snapshots of a run: the same when it is continued, and no other run's. */
export function snapshotNameOf(run: string): string {
  return `run-${createHash('sha256').update(run).digest('hex').slice(0, 12)}`;
}

export class Resets {
  /** What taking the snapshot of a guest cost; null = it was there, of the run that is continued. */
  private readonly taken = new Map<
    string,
    { readonly cost: SnapshotCost | null; readonly withMemory: boolean }
  >();
  private readonly name: string;

  constructor(
    private readonly world: ResetWorld,
    private readonly from: ResetKind,
    run: string,
  ) {
    this.name = snapshotNameOf(run);
  }

  /** Returns when the guest's application answers. Throws where it cannot be brought back. */
  async begin(guest: Guest): Promise<SessionReset> {
    const kept = this.from === 'snapshot' ? await this.keep(guest) : undefined;
    const begin = performance.now();
    let stillSeconds: number | null = null;
    if (kept) {
      const start = !kept.withMemory;
      ({ stillSeconds } = await this.world.snapshots.rollBack(guest, this.name, { start, goesOn: true }));
      if (kept.withMemory) await setGuestClock(this.world.agent(guest), this.world.now);
    } else {
      await this.world.power.shutdown(guest);
      await this.world.power.start(guest);
    }
    await this.world.power.untilReady(guest);
    const seconds = (performance.now() - begin) / 1000;
    this.world.progress(
      `${guest.name}: begins from ${kept ? 'its snapshot' : 'a boot'}, ${seconds.toFixed(1)} s`,
    );
    const snapshot = kept && { name: this.name, withMemory: kept.withMemory, taken: kept.cost };
    return { from: this.from, seconds, stillSeconds, ...(snapshot ? { snapshot } : {}) };
  }

  /** Removes the snapshots of the run. */
  async end(guests: readonly Guest[]): Promise<void> {
    if (this.from !== 'snapshot') return;
    for (const guest of guests) {
      if (await this.existing(guest)) await this.world.snapshots.remove(guest, this.name);
    }
  }

  /** Takes the snapshot of a guest that has none yet, which it has from a session that went before. */
  private async keep(guest: Guest) {
    const known = this.taken.get(guest.name);
    if (known) return known;
    const existing = await this.existing(guest);
    const cost = existing ? null : await this.take(guest);
    const withMemory = existing?.withMemory ?? guest.kind === 'vm';
    const kept = { cost, withMemory };
    this.taken.set(guest.name, kept);
    return kept;
  }

  private async take(guest: Guest): Promise<SnapshotCost> {
    const description = 'state from which the sessions of a run begin';
    const cost = await this.world.snapshots.take(guest, this.name, { memory: true, description });
    this.world.progress(`${guest.name}: snapshot ${this.name}, ${cost.seconds.toFixed(1)} s`);
    return cost;
  }

  private async existing(guest: Guest) {
    return (await this.world.snapshots.of(guest)).find(({ name }) => name === this.name);
  }
}
