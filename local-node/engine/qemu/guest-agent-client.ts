import { randomInt } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { AgentCommandError, AgentNotRunningError } from '../guest-engine';

/** Commands that power the guest down or suspend it: the agent answers them only if they fail. */
const WITHOUT_ANSWER = new Set(['guest-shutdown', 'guest-suspend-disk', 'guest-suspend-ram']);

export interface AgentTimeouts {
  /** Milliseconds for the agent to take part in the handshake. */
  readonly handshake: number;
  /** Milliseconds for the answer to a command. */
  readonly command: number;
  /** How long a failure of a command without answer is waited for. */
  readonly silence: number;
}

/** An emulated guest that boots beside others answers in about 0.2 s, now and then in more than 1 s. */
const TIMEOUTS: AgentTimeouts = { handshake: 5_000, command: 30_000, silence: 1_000 };

/** A guest may send what it likes. The longest answer is a file's 16 MiB in base64. */
const LONGEST_CONVERSATION = 32 * 1024 * 1024;

interface AgentMessage {
  readonly return?: unknown;
  readonly error?: { readonly class: string; readonly desc: string };
}

/**
 * A client of the QEMU guest agent (docs/interop/qemu-ga-ref in QEMU's source). One connection per command, one command
 * at a time per guest. Each begins with guest-sync-delimited: the byte 0xFF makes the agent drop what an earlier client
 * left half sent, and answers to earlier commands are passed over until the one with our number comes.
 */
export class GuestAgentClient {
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly place: { readonly path: string },
    private readonly timeouts: AgentTimeouts = TIMEOUTS,
  ) {}

  /** Returns the command's `return` value. Throws AgentNotRunningError or AgentCommandError. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const result = this.last.then(() => this.converse(command, args));
    this.last = result.catch(() => undefined);
    return result;
  }

  private async converse(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const socket = createConnection(this.place.path);
    const lines = new LineReader(socket);
    try {
      const id = randomInt(2 ** 31);
      socket.write(Buffer.from([0xff]));
      socket.write(`${JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } })}\n`);
      const deadline = performance.now() + this.timeouts.handshake;
      for (;;) {
        const line = await lines.next(deadline - performance.now());
        if (line === undefined) throw new AgentNotRunningError('QEMU guest agent is not running');
        if (parse(line)?.return === id) break;
      }
      socket.write(`${JSON.stringify({ execute: command, ...(args ? { arguments: args } : {}) })}\n`);
      const silent = WITHOUT_ANSWER.has(command);
      const line = await lines.next(silent ? this.timeouts.silence : this.timeouts.command);
      if (line === undefined && silent) return undefined;
      const answer = line === undefined ? undefined : parse(line);
      if (answer?.error) throw new AgentCommandError(answer.error.desc);
      if (!answer) throw new AgentNotRunningError(`QEMU guest agent did not answer '${command}'`);
      return answer.return;
    } finally {
      socket.destroy();
    }
  }
}

function parse(line: Buffer): AgentMessage | undefined {
  // The sentinel byte before the answer to guest-sync-delimited is no UTF-8 and belongs to no message.
  const start = line.lastIndexOf(0xff) + 1;
  try {
    return JSON.parse(line.toString('utf8', start)) as AgentMessage;
  } catch {
    return undefined;
  }
}

/** Lines of a socket, awaited one at a time with a limit. */
class LineReader {
  /** Of the line whose end has not come. */
  private unfinished: Buffer[] = [];
  private readonly lines: Buffer[] = [];
  private wake: () => void = () => undefined;
  private ended = false;

  constructor(socket: Socket) {
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LONGEST_CONVERSATION) socket.destroy();
      else this.read(chunk);
    });
    const end = () => {
      this.ended = true;
      this.wake();
    };
    socket.on('error', end);
    socket.on('close', end);
  }

  private read(chunk: Buffer): void {
    const begin = chunk.lastIndexOf(10) + 1;
    this.unfinished.push(begin === 0 ? chunk : chunk.subarray(0, begin));
    if (begin === 0) return;
    const whole = Buffer.concat(this.unfinished);
    this.unfinished = [chunk.subarray(begin)];
    for (let at = 0; at < whole.length; ) {
      const end = whole.indexOf(10, at);
      this.lines.push(whole.subarray(at, end));
      at = end + 1;
    }
    this.wake();
  }

  /** Undefined if none comes within `timeout` milliseconds or the connection ends. */
  async next(timeout: number): Promise<Buffer | undefined> {
    if (this.lines.length === 0 && !this.ended && timeout > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeout);
        this.wake = () => {
          if (this.lines.length === 0 && !this.ended) return;
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.lines.shift();
  }
}
