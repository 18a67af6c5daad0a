import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HeldSocket } from './held-socket';

/** QEMU refused a command, or did not answer it in time; `message` holds its own words. */
export class QmpError extends Error {
  override readonly name = 'QmpError';
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

interface QmpMessage {
  readonly QMP?: unknown;
  readonly id?: number;
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
  readonly event?: string;
}

const DEFAULT_TIMEOUT = 5_000;
/** The longest answer of those that are asked for here has a few thousand characters. */
const LONGEST_LINE = 16 * 1024 * 1024;
/** Just after its start, or on a busy machine, QEMU may be long in taking a connection. */
const CONNECT_TIMEOUT = 30_000;

/**
 * A client of QEMU's machine protocol (docs/interop/qmp-spec in QEMU's source) on its Unix socket: JSON objects, one a
 * line, answers matched by id. QEMU serves one client at a time.
 */
export class QmpClient {
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  private rest = '';
  /** Resolves when the connection has ended, which it does with QEMU's process at the latest. */
  readonly closed: Promise<void>;

  private constructor(
    private readonly socket: Socket,
    private readonly label: string,
  ) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.read(text));
    socket.on('error', () => {
      // 'close' follows and rejects whatever waits.
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        for (const { reject, timer } of this.pending.values()) {
          clearTimeout(timer);
          reject(new QmpError(`${label}: QEMU closed its monitor`));
        }
        this.pending.clear();
        resolve();
      });
    });
  }

  /**
   * Connects and leaves the negotiation mode. `label` names the guest in errors. As long as `mayCome`, a monitor that
   * is not there yet is waited for. Throws QmpError.
   */
  static async connect(
    path: string,
    label: string,
    mayCome: () => boolean = () => false,
  ): Promise<QmpClient> {
    const client = new QmpClient(await reach(path, label, mayCome), label);
    try {
      await client.execute('qmp_capabilities', {}, CONNECT_TIMEOUT);
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  /** Runs one command; `timeout` in milliseconds. Throws QmpError. */
  execute(
    command: string,
    args: Readonly<Record<string, unknown>> = {},
    timeout = DEFAULT_TIMEOUT,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new QmpError(`${this.label}: QEMU closed its monitor`));
      const id = this.nextId++;
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new QmpError(`${this.label}: QEMU did not answer '${command}' within ${timeout} ms`));
      }, timeout);
      this.pending.set(id, { resolve, reject, timer });
      this.socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private read(text: string): void {
    // Only what has come is looked through: a line of megabytes in small pieces would otherwise cost the node its time.
    const lines = text.includes('\n') ? (this.rest + text).split('\n') : [this.rest + text];
    this.rest = lines.pop() ?? '';
    if (this.rest.length > LONGEST_LINE) this.socket.destroy();
    for (const line of lines.filter((candidate) => candidate.trim() !== '')) this.receive(line);
  }

  private receive(line: string): void {
    const message = parse(line);
    if (!message) {
      this.socket.destroy();
      return;
    }
    const pending = message.id === undefined ? undefined : this.pending.get(message.id);
    // The greeting and events carry no id; nobody waits for an answer that comes too late.
    if (!pending || message.id === undefined) return;
    this.pending.delete(message.id);
    clearTimeout(pending.timer);
    if (message.error) pending.reject(new QmpError(`${this.label}: ${message.error.desc}`));
    else pending.resolve(message.return);
  }
}

/** Undefined for what is no JSON object: a QEMU that a guest has taken over may say anything. */
function parse(line: string): QmpMessage | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

async function reach(path: string, label: string, mayCome: () => boolean): Promise<Socket> {
  for (;;) {
    try {
      return await connected(path);
    } catch (error) {
      if (!mayCome()) throw new QmpError(`${label}: QEMU's monitor cannot be reached: ${String(error)}`);
      await sleep(20);
    }
  }
}

async function connected(path: string): Promise<Socket> {
  const held = HeldSocket.hold(path);
  try {
    const socket = createConnection(held.path);
    await once(socket, 'connect');
    return socket;
  } finally {
    held.close();
  }
}
