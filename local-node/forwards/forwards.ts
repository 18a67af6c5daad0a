import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { LoopbackForward } from '../../machine/loopback-forward';
import { writeWholeFileSync } from '../../machine/whole-file';
import { readStateFile } from '../base/state-file';
import type { GuestEngine } from '../engine/guest-engine';
import type { OptionValues } from '../formats/option-values';
import type { GuestStore } from '../guests/guest-store';
import type { NetworkService } from '../network/network-service';
import { type GuestEnd, type GuestForward, guestForward } from './guest-forward';

/** Between two looks at which guests run, milliseconds. */
const LOOK_EVERY = 3_000;

/** What became of what a guest asked to be forwarded. */
export interface ForwardState {
  readonly vmid: number;
  readonly local?: number;
  /** Undefined = it is forwarded. */
  readonly fault?: string;
}

/** Guests of one kind: virtual machines, or containers. */
export interface ForwardedKind {
  readonly store: Pick<GuestStore, 'vmids' | 'find'>;
  readonly engine: Pick<GuestEngine, 'isRunning'>;
  /** machineEnd() or containerEnd(). */
  readonly end: (values: OptionValues) => GuestEnd;
}

interface ForwardUses {
  readonly stateDir: string;
  readonly kinds: readonly ForwardedKind[];
  readonly network: Pick<NetworkService, 'applied'>;
  readonly logger: Logger;
  /** A connection into the namespace. */
  readonly dial: (address: string, port: number) => Duplex;
}

/**
 * Ports of guests on 127.0.0.1, each for as long as its guest runs. What is not named in a running guest's description,
 * or is not that guest's own, is not forwarded (guest-forward.ts).
 */
export class Forwards {
  private readonly open = new Map<number, { readonly to: GuestForward; readonly forward: LoopbackForward }>();
  private states = '';
  private timer?: NodeJS.Timeout;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly uses: ForwardUses) {}

  /** What the node that is up has forwarded. */
  static read(stateDir: string): readonly ForwardState[] {
    return JSON.parse(readStateFile(stateFile(stateDir)) ?? '[]') as ForwardState[];
  }

  start(): void {
    this.timer = setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, LOOK_EVERY).unref();
  }

  /** Opens and closes forwards as guests have come, gone or changed. Never rejects. */
  async look(): Promise<void> {
    const wanted = this.wanted();
    for (const [vmid, { to, forward }] of this.open) {
      const now = wanted.get(vmid);
      if (now && !('refused' in now) && same(now, to)) continue;
      this.open.delete(vmid);
      await forward.close();
    }
    const states: ForwardState[] = [];
    for (const [vmid, to] of wanted) {
      states.push('refused' in to ? { vmid, fault: to.refused } : await this.forward(vmid, to));
    }
    this.tell(states);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await Promise.all([...this.open.values()].map(({ forward }) => forward.close()));
    this.open.clear();
    rmSync(stateFile(this.uses.stateDir), { force: true });
  }

  private wanted(): Map<number, GuestForward | { readonly refused: string }> {
    const { kinds, network } = this.uses;
    const running = kinds
      .flatMap((kind) => kind.store.vmids().map((vmid) => ({ vmid, ...kind })))
      .filter(({ engine, vmid }) => engine.isRunning(vmid))
      .sort((one, two) => one.vmid - two.vmid);
    const interfaces = running.length > 0 ? network.applied() : [];
    const found = new Map<number, GuestForward | { readonly refused: string }>();
    const holders = new Map<string, number>();
    for (const { vmid, store, end } of running) {
      const values = store.find(vmid)?.values;
      const forward = values && guestForward(vmid, values, end(values), interfaces);
      if (!forward) continue;
      const holder = 'refused' in forward ? undefined : holders.get(forward.address);
      if (!('refused' in forward)) holders.set(forward.address, vmid);
      const refused = `guest ${holder} has the same address`;
      found.set(vmid, holder === undefined ? forward : { refused });
    }
    return found;
  }

  private async forward(vmid: number, to: GuestForward): Promise<ForwardState> {
    const { local, address, port } = to;
    if (this.open.has(vmid)) return { vmid, local };
    try {
      const forward = await LoopbackForward.listen(local, async () => this.uses.dial(address, port), {
        onFault: (err) => this.uses.logger.warn({ err, vmid }, 'a connection could not be forwarded'),
      });
      this.open.set(vmid, { to, forward });
      return { vmid, local };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why = code === 'EADDRINUSE' ? 'is in use by another program' : `cannot be used (${message})`;
      return { vmid, local, fault: `port ${local} on 127.0.0.1 ${why}` };
    }
  }

  /** In the log and for `npm run node -- status`, once. */
  private tell(states: readonly ForwardState[]): void {
    const text = JSON.stringify(states);
    if (text === this.states) return;
    this.states = text;
    for (const state of states) if (state.fault) this.uses.logger.warn(state, 'not forwarded');
    try {
      writeWholeFileSync(stateFile(this.uses.stateDir), text, { mode: 0o600 });
    } catch (err) {
      this.uses.logger.error({ err }, 'what is forwarded cannot be written down');
    }
  }
}

function same(one: GuestForward, two: GuestForward): boolean {
  return one.local === two.local && one.address === two.address && one.port === two.port;
}

function stateFile(stateDir: string): string {
  return join(stateDir, 'run', 'forwards.json');
}
