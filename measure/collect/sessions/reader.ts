import type { Shell } from '../../../proxmox/node-shell';
import { seededRandom } from '../../run/random';
import type { PageTiming, QosSession, Transfer } from '../../run/raw-data';
import { probeRecord, transferRecord } from '../../run/records/session';
import { checked, RecordFault } from '../checked';
import { remoteProgram, runScript } from '../programs/remote-program';

/** What a reader is told to do. */
export interface ReaderScript {
  readonly host: string;
  readonly port: number;
  readonly pages: readonly string[];
  /** Pause after each page but the last. */
  readonly thinkSeconds: readonly number[];
  /** Pause before the first page, so that several clients do not start at the same instant. */
  readonly delaySeconds: number;
}

/** What a reader returns. `fault` says how the reader itself broke; the rest is then what it had read so far. */
export interface Reading {
  /** Failed ones included. */
  readonly transfers: readonly Transfer[];
  /** Absent where no browser read. */
  readonly pageTimings?: readonly PageTiming[];
  readonly fault: string | null;
}

/** Reads pages from within a client's network, any number of times, until it is closed. */
export interface SessionReader {
  /** What it is, in words, for those who judge its figures. */
  readonly description: string;
  read(script: ReaderScript): Promise<Reading>;
  close(): Promise<void>;
}

/** Keep-alive connections at most, as browsers have them for one server. */
const connections = 6;

/** Pauses drawn uniformly from [low, high]; the same for the same seed. */
export function thinkTimes(seed: number, pages: number, range: readonly [number, number]): number[] {
  const random = seededRandom(seed);
  const [low, high] = range;
  return Array.from({ length: Math.max(0, pages - 1) }, () => low + (high - low) * random());
}

/** `count` pages, starting over where the application has fewer. */
export function pagesToVisit(pages: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => pages[index % pages.length] ?? '/');
}

/** programs/reader.py: reads without a browser. */
export class ScriptedReader implements SessionReader {
  readonly description =
    `programs/reader.py 1: HTTP/1.1, at most ${connections} keep-alive connections, assets once per session, no scripts run`;

  /** `timeoutSeconds`: longest wait for a server to accept or to send more. */
  constructor(
    private readonly shell: Shell,
    private readonly wrap: (command: readonly string[]) => readonly string[],
    private readonly signal: AbortSignal,
    private readonly timeoutSeconds = 60,
  ) {}

  async read(script: ReaderScript): Promise<Reading> {
    const { lines, fault } = await runScript(
      this.shell,
      this.wrap(remoteProgram('reader')),
      { ...script, connections, timeoutSeconds: this.timeoutSeconds },
      this.signal,
    );
    const transfers: Transfer[] = [];
    let refused: string | null = null;
    for (const line of lines) {
      try {
        transfers.push(checked(transferRecord, line, 'the reader'));
      } catch (error) {
        if (!(error instanceof RecordFault)) throw error;
        refused ??= error.message;
      }
    }
    return { transfers, fault: refused ?? (fault === null ? null : `the reader ${fault}`) };
  }

  async close(): Promise<void> {}
}

/** Round trips of TCP connects from a client to the application, before the session and outside its captures. */
export async function probe(
  shell: Shell,
  target: { readonly host: string; readonly port: number; readonly count: number; readonly from: string },
  wrap: (command: readonly string[]) => readonly string[],
): Promise<QosSession['probe']> {
  const pause = 0.1;
  const timeout = 0.9;
  const { stdout } = await shell.run(
    wrap(remoteProgram('probe', target.host, target.port, target.count, pause, timeout)),
    { timeoutSeconds: 30 + target.count },
  );
  const { roundTripSeconds } = checked(
    probeRecord.pick({ roundTripSeconds: true }),
    JSON.parse(stdout),
    'the probe',
  );
  return {
    method: `TCP connect (SYN to SYN-ACK) from ${target.from}, one every ${pause} s, lost after ${timeout} s`,
    roundTripSeconds,
  };
}
