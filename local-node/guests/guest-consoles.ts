import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { equal } from '../access/secrets';
import { ApiError } from '../base/api-error';
import { type Caller, callerName } from '../base/caller';
import type { Clock } from '../base/clock';
import { CONSOLE_MODES, type ContainerEngine, type Terminal } from '../engine/container-engine';
import type { GuestEngine } from '../engine/guest-engine';
import { textOf } from '../formats/option-values';
import type { TaskContext, TaskService } from '../tasks/task-service';
import type { GuestStore } from './guest-store';
import { TerminalReader } from './terminal-protocol';

/** Of Proxmox VE: the ports of consoles. Here they are numbers alone; nothing listens on them. */
const PORTS = { first: 5900, last: 5999 };
/** How long a ticket waits for its client, milliseconds. */
const PATIENCE = 10_000;
const PASSWORD_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Of a virtual machine its screen or its serial port; of a container its terminal. */
export type ConsoleKind = 'screen' | 'serial' | 'container';

/** Answer of vncproxy and termproxy, but for the certificate. */
export interface ConsoleTicket {
  readonly user: string;
  readonly ticket: string;
  /** Decimal number. */
  readonly port: string;
  readonly upid: string;
  /** Of a screen: what VNC's authentication asks for, which is also the ticket's beginning. */
  readonly password?: string;
}

/** The guest's side of a console. */
type GuestEnd = Pick<Terminal, 'stream'> &
  Partial<Terminal> & {
    /** Said to the client of a terminal before all else. */
    readonly greeting?: string;
  };

interface Waiting {
  readonly kind: ConsoleKind;
  readonly vmid: number;
  readonly caller: Caller;
  readonly ticket: string;
  readonly password: string;
  /** Hands the client's connection to the task that waits for it. */
  readonly connect: (client: Duplex) => void;
}

/**
 * Screens and serial terminals of guests. A ticket is for one caller, one guest and one connection within 10 s; the
 * task of a console lasts as long as that connection.
 */
export class GuestConsoles {
  private readonly waiting = new Map<number, Waiting>();
  /** Ports of consoles that wait or are connected. */
  private readonly taken = new Set<number>();

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly engine: GuestEngine;
      readonly tasks: TaskService;
      readonly store: GuestStore;
      readonly containers: { readonly store: GuestStore; readonly engine: ContainerEngine };
    },
  ) {}

  /** Also of a guest that does not run: the ticket is given, and its task fails. */
  offer(caller: Caller, vmid: number, kind: ConsoleKind): ConsoleTicket {
    const { store, containers } = this.options;
    (kind === 'container' ? containers.store : store).get(vmid);
    const port = this.freePort();
    const seconds = Math.floor(this.options.clock.now() / 1000);
    const stamp = seconds.toString(16).toUpperCase().padStart(8, '0');
    const random = `PVEVNC:${stamp}::${randomBytes(48).toString('base64')}`;
    const password = kind === 'screen' ? somePassword() : '';
    const ticket = kind === 'screen' ? `${password}:${random}` : random;
    this.taken.add(port);
    let arrived: (client: Duplex) => void = () => undefined;
    const client = new Promise<Duplex>((resolve) => {
      arrived = resolve;
    });
    const mine: Waiting = { kind, vmid, caller, ticket, password, connect: arrived };
    this.waiting.set(port, mine);
    const upid = this.options.tasks.run('vncproxy', String(vmid), caller, async (task) => {
      try {
        await this.serve(task, mine, port, client);
      } finally {
        this.waiting.delete(port);
        this.taken.delete(port);
        // One that came before its guest failed would wait for ever.
        void client.then((late) => late.destroy());
      }
    });
    return {
      user: callerName(caller),
      ticket,
      port: String(port),
      upid,
      ...(kind === 'screen' ? { password } : {}),
    };
  }

  /** @throws ApiError 401 unless this ticket was given to this caller for this guest and port, and still waits */
  check(caller: Caller, vmid: number, port: number, ticket: string): void {
    const found = this.waiting.get(port);
    const sound =
      found !== undefined &&
      found.vmid === vmid &&
      found.caller.userId === caller.userId &&
      found.caller.tokenId === caller.tokenId &&
      equal(Buffer.from(found.ticket), Buffer.from(ticket));
    if (!sound) throw new ApiError(401, 'permission denied - invalid PVEVNC ticket');
  }

  /** Connects the client whose ticket check() has found sound. One comes too late, a second one is refused. */
  connect(port: number, client: Duplex): void {
    const found = this.waiting.get(port);
    this.waiting.delete(port);
    if (found) found.connect(client);
    else client.destroy();
  }

  private async serve(
    task: TaskContext,
    mine: Waiting,
    port: number,
    arrival: Promise<Duplex>,
  ): Promise<void> {
    const { kind, caller, ticket } = mine;
    // Asked before anybody has come, so that the task of a guest that does not run fails at once.
    const end = await this.guestEnd(mine);
    const guest = end.stream;
    guest.on('error', () => undefined);
    const late = AbortSignal.any([task.signal, AbortSignal.timeout(PATIENCE)]);
    try {
      const client = await Promise.race([arrival, rejectWhen(late)]);
      client.on('error', () => undefined);
      task.signal.addEventListener('abort', () => client.destroy(), { once: true });
      task.log(`client connected to port ${port}`);
      const here = kind === 'screen' ? client : terminal(client, `${callerName(caller)}:${ticket}`, end);
      // Either side may leave: that is how a console ends.
      await Promise.race([pipeline(here, guest), pipeline(guest, here)]).catch(() => undefined);
      client.destroy();
    } finally {
      guest.destroy();
    }
  }

  private async guestEnd({ kind, vmid, password }: Waiting): Promise<GuestEnd> {
    const { engine, containers } = this.options;
    if (kind === 'screen') return { stream: await engine.screen(vmid, password) };
    if (kind === 'serial') {
      const greeting = 'starting serial terminal on interface serial0\r\n';
      return { stream: await engine.serial(vmid), greeting };
    }
    const asked = textOf(containers.store.get(vmid).values, 'cmode');
    const mode = CONSOLE_MODES.find((one) => one === asked) ?? 'tty';
    return containers.engine.console(vmid, mode);
  }

  private freePort(): number {
    for (let port = PORTS.first; port <= PORTS.last; port++) if (!this.taken.has(port)) return port;
    throw new ApiError(500, `unable to find free port (${PORTS.first}-${PORTS.last})`);
  }
}

/** The bytes of a terminal inside its client's messages; it ends at a first line that is not this ticket's. */
function terminal(client: Duplex, expectedLogin: string, { greeting, resize }: GuestEnd): Duplex {
  const reader = new TerminalReader();
  // What the guest writes before its client has said who it is waits, so that "OK" comes first.
  let greet: () => void = () => undefined;
  const greeted = new Promise<void>((resolve) => {
    greet = resolve;
  });
  const inside = new Duplex({
    read: () => client.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      void greeted.then(() => {
        if (client.write(chunk)) done();
        else client.once('drain', () => done());
      });
    },
    destroy: (fault, done) => {
      client.destroy();
      done(fault);
    },
  });
  client.on('data', (piece: Buffer) => {
    try {
      const { login, messages } = reader.read(piece);
      if (login !== undefined) {
        if (!equal(Buffer.from(login), Buffer.from(expectedLogin)))
          throw new Error('not the ticket of this terminal');
        client.write('OK');
        if (greeting !== undefined) client.write(greeting);
        greet();
      }
      for (const message of messages) {
        if (message.kind === 'resize') resize?.(message.columns, message.rows);
        if (message.kind === 'input' && !inside.push(message.bytes)) client.pause();
      }
    } catch {
      client.destroy();
    }
  });
  client.once('close', () => inside.destroy());
  return inside;
}

function rejectWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('connection timed out')), { once: true });
  });
}

function somePassword(): string {
  return [...randomBytes(8)].map((byte) => PASSWORD_LETTERS[byte % PASSWORD_LETTERS.length]).join('');
}
