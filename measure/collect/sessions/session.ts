import { setTimeout as sleep } from 'node:timers/promises';
import { loadRole } from '../../../config';
import type { Guest, LinkShape } from '../../../config/lab';
import { type GuestAccess, interfaceOf } from '../../../proxmox/guest-access';
import type { Shell } from '../../../proxmox/node-shell';
import type { Journal } from '../../run/journal';
import { isShaped, linkShape } from '../../run/link-shape';
import type { PageTiming, QosSession, RunPlan, Transfer } from '../../run/raw-data';
import { settingsOf } from '../../run/run-plan';
import { type ClientNamespace, inNamespace } from '../clients/client-network';
import { type DelayPlace, delayInGuest } from '../clients/delay';
import { type DroppedPackets, droppedPackets } from '../clients/link';
import type { NodeClock } from '../node-clock';
import { readCounters } from '../resources/sampler';
import type { CaptureFilter } from './capture';
import { anyOn, guestOffloadsOff, nodeOffloadsOff, type Offloads, type OffloadsOff } from './offloads';
import { openReaders } from './open-readers';
import {
  pagesToVisit,
  probe,
  type ReaderScript,
  type Reading,
  type SessionReader,
  thinkTimes,
} from './reader';
import { Recording } from './recording';

/** What a session needs of the world. */
export interface SessionWorld {
  readonly shell: Shell;
  readonly clock: NodeClock;
  readonly agent: (guest: Guest) => Pick<GuestAccess, 'exec'>;
  /** The application's port and pages; by default those of its role. */
  readonly application?: (guest: Guest) => { readonly port: number; readonly pages: readonly string[] };
  /** Brings the guest to the state from which the session begins; absent = it goes on as it is. */
  readonly reset?: (guest: Guest) => Promise<QosSession['reset']>;
  /** Where the delay of the clients' links is made; absent = there is none. */
  readonly delayPlace?: DelayPlace;
  /** The guest's tap on the node; by default Proxmox VE's name for it. */
  readonly tap?: (guest: Guest) => string;
  readonly progress: (text: string) => void;
  readonly journal?: Pick<Journal, 'write'>;
  readonly signal: AbortSignal;
  /** Packets still on their way when the readers end are waited for this long. Default 1. */
  readonly drainSeconds?: number;
}

/** One session: all clients read one application while both ends are captured. */
export class Session {
  private readonly port: number;
  private readonly pages: readonly string[];
  private readonly think: readonly number[];
  private readonly seed: number;
  private readonly tap: string;
  private readonly filter: CaptureFilter;
  private readonly shape: LinkShape;
  private readonly restores: Pick<OffloadsOff, 'restore'>[] = [];

  constructor(
    private readonly world: SessionWorld,
    private readonly plan: RunPlan,
    private readonly clients: readonly ClientNamespace[],
    private readonly guest: Guest,
    private readonly index: number,
  ) {
    const application = (world.application ?? loadRole)(guest);
    const qos = settingsOf(plan, 'qos');
    this.port = application.port;
    this.pages = pagesToVisit(application.pages, qos.pages);
    // Each session has its own script, the same in every run.
    this.seed = plan.seed + index;
    this.think = thinkTimes(this.seed, this.pages.length, qos.thinkSeconds);
    this.tap = (world.tap ?? interfaceOf)(guest);
    this.shape = linkShape(plan.lab.networks.clients);
    this.filter = {
      server: guest.address,
      port: this.port,
      clients: clients.map((each) => each.client.address),
    };
  }

  /** Never rejects: what went wrong is in `fault`. */
  async run(directory: string): Promise<QosSession> {
    const startedAt = this.world.clock.now();
    const transfers: OfClient<Transfer>[] = [];
    const pageTimings: OfClient<PageTiming>[] = [];
    let readers: readonly SessionReader[] = [];
    let warmUp: QosSession['transfers'] = [];
    let captures: QosSession['captures'] = [];
    let roundTrips: QosSession['probe'] = { method: 'not run', roundTripSeconds: [] };
    let guestOffloads: Offloads | null = null;
    let dropped: DroppedPackets | null = null;
    let nodeCounters: QosSession['nodeCounters'] = null;
    let reset: QosSession['reset'];
    let fault: string | null = null;
    try {
      reset = await this.world.reset?.(this.guest);
      guestOffloads = await this.switchOffloadsOff();
      await this.delayGuest();
      readers = await openReaders(this.plan.reader, this.world, this.clients, {
        host: this.guest.address,
        port: this.port,
      });
      warmUp = await this.warmUp(readers[0]);
      roundTrips = await this.probe();
      // What was lost of the probe is sent again later, and would be seen by one capture and not by the other.
      if (this.shape.lossPercent !== undefined) await this.drain();
      const vmids = this.plan.lab.guests.map(({ vmid }) => vmid);
      const countersBefore = await readCounters(this.world.shell, vmids);
      const before = await this.dropped();
      const recording = await Recording.start(
        this.world.shell,
        {
          tap: this.tap,
          clients: this.clients,
          filter: this.filter,
          offloads: { client: this.clientOffloads, server: this.tapOffloads },
        },
        directory,
      );
      try {
        fault = await this.read(readers, transfers, pageTimings);
        await this.drain();
      } finally {
        const recorded = await recording.stop();
        captures = recorded.captures;
        fault ??= recorded.fault;
      }
      dropped = difference(before, await this.dropped());
      const countersAfter = await readCounters(this.world.shell, vmids);
      nodeCounters =
        countersBefore && countersAfter ? { before: countersBefore, after: countersAfter } : null;
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    } finally {
      await Promise.all(readers.map((reader) => reader.close()));
      await this.restore();
    }
    const qos = settingsOf(this.plan, 'qos');
    return {
      session: this.index,
      guest: this.guest.name,
      role: this.guest.role,
      clients: this.clients.map(({ client }) => ({ name: client.name, address: client.address })),
      serverAddress: this.guest.address,
      serverPort: this.port,
      // The session itself, without its preparation: from the first intended start to the last byte.
      startedAt: transfers.length > 0 ? Math.min(...transfers.map((each) => each.intendedAt)) : startedAt,
      endedAt:
        transfers.length > 0 ? Math.max(...transfers.map((each) => each.endedAt)) : this.world.clock.now(),
      seed: this.seed,
      reader: `${readers[0]?.description ?? 'none was started'}; ${qos.pages} pages, ${this.clients.length} clients`,
      thinkSeconds: this.think,
      transfers,
      pageTimings: this.plan.reader === 'browser' ? pageTimings : undefined,
      warmUp,
      captures,
      guestOffloads,
      reset,
      nodeCounters,
      link: isShaped(this.shape)
        ? { shape: this.shape, delayMadeIn: this.world.delayPlace ?? null, dropped }
        : undefined,
      sharedClock: true, // The clients and the tap are on the same node, in one kernel.
      probe: roundTrips,
      fault: this.world.signal.aborted ? 'interrupted' : (fault ?? noPage(transfers)),
    };
  }

  private clientOffloads: Offloads = {};
  private tapOffloads: Offloads = {};

  /**
   * On every interface that could join or split segments between the two captures: the clients' pairs, the tap and the
   * guest's own. Returns the guest's state, null where the guest could not be asked.
   */
  private async switchOffloadsOff(): Promise<Offloads | null> {
    const { shell } = this.world;
    const states: Offloads[] = [];
    for (const client of this.clients) {
      const inside = await nodeOffloadsOff(shell, client.interface, (command) =>
        inNamespace(client.namespace, command),
      );
      const outside = await nodeOffloadsOff(shell, client.nodeInterface);
      states.push(inside.state, outside.state);
    }
    this.clientOffloads = anyOn(states);
    const tap = await nodeOffloadsOff(shell, this.tap);
    this.restores.push(tap);
    this.tapOffloads = tap.state;
    try {
      const inGuest = await guestOffloadsOff(this.world.agent(this.guest), this.guest.address);
      this.restores.push(inGuest);
      return inGuest.state;
    } catch (error) {
      this.world.progress(`${this.guest.name}: ${error instanceof Error ? error.message : String(error)}`);
      return null;
    }
  }

  /** The clients' pairs are not restored: they go with the clients. */
  private async restore(): Promise<void> {
    for (const each of this.restores.splice(0)) {
      await each.restore().catch(() => {
        // The guest went away during the session; the session's fault says so.
      });
    }
  }

  private async drain(): Promise<void> {
    if (!this.world.signal.aborted) await sleep((this.world.drainSeconds ?? 1) * 1000);
  }

  private async delayGuest(): Promise<void> {
    if (this.world.delayPlace !== 'guest') return;
    this.restores.push(await delayInGuest(this.world.agent(this.guest), this.guest.address, this.shape));
  }

  private async dropped(): Promise<DroppedPackets | null> {
    return this.shape.lossPercent === undefined ? null : droppedPackets(this.world.shell, this.plan.lab.name);
  }

  private async probe(): Promise<QosSession['probe']> {
    const [client] = this.clients;
    const count = settingsOf(this.plan, 'qos').probes;
    if (!client || count === 0) return { method: 'not run', roundTripSeconds: [] };
    return probe(
      this.world.shell,
      { host: this.guest.address, port: this.port, count, from: client.client.name },
      (command) => inNamespace(client.namespace, command),
    );
  }

  /** Every page once by the first client, without pauses; what fails here shows in the session itself. */
  private async warmUp(reader: SessionReader | undefined): Promise<OfClient<Transfer>[]> {
    const client = this.clients[0]?.client.name;
    if (!reader || client === undefined) return [];
    const pages = [...new Set(this.pages)];
    const script = this.script(pages, { thinkSeconds: pages.slice(1).map(() => 0), delaySeconds: 0 });
    const { transfers } = await reader.read(script);
    return transfers.map((each) => ({ ...each, client }));
  }

  private script(
    pages: readonly string[],
    pauses: Pick<ReaderScript, 'thinkSeconds' | 'delaySeconds'>,
  ): ReaderScript {
    return { host: this.guest.address, port: this.port, pages, ...pauses };
  }

  /** All clients at once, their starts spread over the longest pause; returns the first reader's fault. */
  private async read(
    readers: readonly SessionReader[],
    transfers: OfClient<Transfer>[],
    pageTimings: OfClient<PageTiming>[],
  ): Promise<string | null> {
    const spread = settingsOf(this.plan, 'qos').thinkSeconds[1] / Math.max(1, readers.length);
    const readings = await Promise.all(
      readers.map((reader, index) =>
        reader
          .read(this.script(this.pages, { thinkSeconds: this.think, delaySeconds: index * spread }))
          // What the other readers have read is kept.
          .catch((error: Error): Reading => ({ transfers: [], fault: error.message })),
      ),
    );
    let first: string | null = null;
    for (const [index, { client }] of this.clients.entries()) {
      const reading = readings[index];
      transfers.push(...(reading?.transfers ?? []).map((each) => ({ ...each, client: client.name })));
      pageTimings.push(...(reading?.pageTimings ?? []).map((each) => ({ ...each, client: client.name })));
      if (reading?.fault) first ??= `${client.name}: ${reading.fault}`;
    }
    transfers.sort((a, b) => a.startedAt - b.startedAt);
    return first;
  }
}

type OfClient<T> = T & { readonly client: string };

/** Null if either count is unknown, or the counters were reset in between. */
function difference(before: DroppedPackets | null, after: DroppedPackets | null): DroppedPackets | null {
  if (before === null || after === null) return null;
  const [toServer, toClient] = [after.toServer - before.toServer, after.toClient - before.toClient];
  return toServer < 0 || toClient < 0 ? null : { toServer, toClient };
}

/** A session in which no page came is no session. */
function noPage(transfers: readonly Transfer[]): string | null {
  const came = transfers.some(
    (each) => each.kind === 'page' && each.error === null && each.status !== null && each.status < 400,
  );
  if (came) return null;
  const first = transfers[0];
  return `no page came${first ? `: ${first.url}: ${first.error ?? `HTTP ${first.status}`}` : ''}`;
}
