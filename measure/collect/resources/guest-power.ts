import type { Guest } from '../../../config/lab';
import { type ApiClient, TaskError } from '../../../proxmox/api-client';
import { type GuestAccess, guestPath } from '../../../proxmox/guest-access';
import { type Clock, type Readiness, systemClock, waitUntilReady } from '../../../proxmox/readiness';
import type { PowerChange } from '../../run/raw-data';
import type { NodeClock } from '../node-clock';

/** Starts and stops guests; what visits need of a node, so that they can be tried without one. */
export interface GuestPower {
  isRunning(guest: Guest): Promise<boolean>;
  /** Returns when the application answers. */
  start(guest: Guest): Promise<PowerChange>;
  /** Returns when the guest has stopped. */
  shutdown(guest: Guest): Promise<PowerChange>;
}

/** Longest wait for a guest that was asked to shut down; after it the guest is stopped hard. */
const shutdownSeconds = 120;
/**
 * A guest that goes down may take its agent with it before the agent has answered: the task then fails although the guest
 * stops. So long is waited for that.
 */
const goingDownSeconds = 30;

/** Power through the API, readiness from inside the guest. */
export class ApiPower implements GuestPower {
  constructor(
    private readonly client: ApiClient,
    private readonly nodeClock: NodeClock,
    private readonly access: (guest: Guest) => GuestAccess,
    private readonly options: {
      readonly readinessSeconds: number;
      /** Directory for what is kept of guests that do not become ready. */
      readonly evidence?: string;
      readonly onProgress?: (text: string) => void;
    },
    private readonly clock: Clock = systemClock,
  ) {}

  async isRunning(guest: Guest): Promise<boolean> {
    const current = await this.client.get<{ status: string }>(this.path(guest, 'current'));
    return current.status === 'running';
  }

  async start(guest: Guest): Promise<PowerChange> {
    const startedAt = this.nodeClock.now();
    const begin = this.clock.now();
    await this.task(guest, 'start');
    const taskSeconds = this.since(begin);
    await this.untilReady(guest);
    return { guest: guest.name, action: 'start', startedAt, taskSeconds, readySeconds: this.since(begin) };
  }

  async shutdown(guest: Guest): Promise<PowerChange> {
    const startedAt = this.nodeClock.now();
    const begin = this.clock.now();
    let action: PowerChange['action'] = 'shutdown';
    try {
      await this.task(guest, 'shutdown', { timeout: shutdownSeconds });
    } catch (error) {
      if (!(error instanceof TaskError)) throw error;
      if (!(await this.stopsByItself(guest, begin))) {
        action = 'stop';
        this.options.onProgress?.(`${guest.name}: no clean shutdown (${error.exitStatus}), stopping it`);
        await this.task(guest, 'stop');
      }
    }
    return { guest: guest.name, action, startedAt, taskSeconds: this.since(begin), readySeconds: null };
  }

  /** Waits until the guest's application answers, or it is certain that it has none. */
  untilReady(guest: Guest): Promise<Readiness> {
    return waitUntilReady(this.client, guest, {
      access: this.access(guest),
      timeoutSeconds: this.options.readinessSeconds,
      // A guest without its application takes part in scenario 1 all the same.
      requireApplication: false,
      ...(this.options.evidence !== undefined && { evidence: this.options.evidence }),
      pollSeconds: 1,
      onProgress: (step) => this.options.onProgress?.(`${guest.name}: waiting for ${step}`),
    });
  }

  /** Looks once a second, for as long as is left of the time for a shutdown. */
  private async stopsByItself(guest: Guest, begin: number): Promise<boolean> {
    const deadline = Math.min(begin + shutdownSeconds * 1000, this.clock.now() + goingDownSeconds * 1000);
    while (await this.isRunning(guest)) {
      if (this.clock.now() >= deadline) return false;
      await this.clock.sleep(1000);
    }
    return true;
  }

  private async task(guest: Guest, action: string, form: Record<string, number> = {}): Promise<void> {
    const upid = await this.client.post<string>(this.path(guest, action), form);
    await this.client.wait(upid, this.options.readinessSeconds);
  }

  private path(guest: Guest, action: string): string {
    return guestPath(this.client, guest, `status/${action}`);
  }

  private since(begin: number): number {
    return (this.clock.now() - begin) / 1000;
  }
}

/**
 * Makes exactly the guests of `wanted` run: all shutdowns at once, then all starts at once. `made` hears of each change,
 * in that order, also where another one fails.
 */
export async function bringTo(
  power: GuestPower,
  guests: readonly Guest[],
  wanted: readonly Guest[],
  made: (change: PowerChange) => void = () => {},
): Promise<void> {
  const running = await Promise.all(guests.map((guest) => power.isRunning(guest)));
  const shutdowns = guests.filter((guest, index) => running[index] && !wanted.includes(guest));
  const starts = guests.filter((guest, index) => !running[index] && wanted.includes(guest));
  await allEnded(
    shutdowns.map((guest) => power.shutdown(guest)),
    made,
  );
  await allEnded(
    starts.map((guest) => power.start(guest)),
    made,
  );
}

/** All of them end before a fault is passed on: a change left alone would disturb the next visit. */
async function allEnded(
  changes: readonly Promise<PowerChange>[],
  made: (change: PowerChange) => void,
): Promise<void> {
  const ended = await Promise.allSettled(changes);
  for (const result of ended) {
    if (result.status === 'fulfilled') made(result.value);
  }
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}
