import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import type { Shell } from '../../../proxmox/node-shell';
import { count, record, seconds } from '../../run/records/fields';
import { checked, RecordFault } from '../checked';
import { jsonLines } from '../json-lines';
import { remoteProgram } from '../programs/remote-program';

/** The packets of one application: TCP between a guest's port and some clients, both directions. */
export interface CaptureFilter {
  readonly server: string;
  readonly port: number;
  readonly clients: readonly string[];
}

/** Bytes kept of a packet: all headers with every TCP option; lengths are those of the IP header anyway. */
const snapBytes = 128;
/** The ring on the node: 64 MiB hold 262,144 packets. */
const ringMebibytes = 64;

/** The filter as tcpdump would write it. */
export function describeFilter(filter: CaptureFilter): string {
  const clients = filter.clients.map((address) => `host ${address}`).join(' or ');
  return `tcp port ${filter.port} and host ${filter.server} and (${clients})`;
}

export interface CaptureResult {
  readonly sha256: string;
  /** Null = the program ended before it could report it. */
  readonly captured: number | null;
  readonly dropped: number | null;
  /** CPU time of the program, seconds. */
  readonly cpu: number | null;
  /** By how much the clock that stamps packets went on more than the steady one, seconds. */
  readonly clockStep: number | null;
  /** How the capture broke off; the file holds what it had captured. Null = it ended when told to. */
  readonly fault: string | null;
}

const captureStart = record({ listening: z.string() });
const captureReport = record({ captured: count, dropped: count, cpu: seconds, clockStep: z.number() });

/** What the program counted. One that broke may have said why instead: that costs its counters and not its packets. */
async function lastReport(
  reports: AsyncGenerator<unknown, void, void>,
): Promise<Omit<CaptureResult, 'sha256'>> {
  const none = { captured: null, dropped: null, cpu: null, clockStep: null };
  try {
    const { value, done } = await reports.next();
    return done ? { ...none, fault: null } : { ...checked(captureReport, value, 'capture.py'), fault: null };
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    return { ...none, fault: error.message };
  }
}

/** programs/capture.py at work on one interface, its packets streamed into a file here. */
export class Capture {
  private constructor(private readonly end: () => Promise<CaptureResult>) {}

  /** Returns when packets are being captured. `wrap` puts the program where the interface is. */
  static async start(
    shell: Shell,
    networkInterface: string,
    filter: CaptureFilter,
    file: string,
    wrap: (command: readonly string[]) => readonly string[] = (command) => command,
  ): Promise<Capture> {
    const program = remoteProgram(
      'capture',
      networkInterface,
      filter.server,
      filter.port,
      snapBytes,
      ringMebibytes,
      ...filter.clients,
    );
    const running = await shell.start(wrap(program));
    running.stdin.on('error', () => {});
    const hash = createHash('sha256');
    const saved = pipeline(
      running.stdout,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(file),
    );
    saved.catch(() => {}); // Met again at the end.
    const reports = jsonLines(running.stderr);
    try {
      const first = (await reports.next()).value;
      checked(captureStart, first, 'capture.py');
    } catch (error) {
      running.kill();
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`the capture on ${networkInterface} did not start: ${why}`, { cause: error });
    }
    return new Capture(async () => {
      running.stdin.end();
      const broken = await saved.then(
        () => null,
        (error: Error) => error.message,
      );
      const report = await lastReport(reports);
      const code = await running.ended;
      const ended = code === 0 ? null : `the program ended with ${code ?? 'a signal'}`;
      const fault = report.fault ?? broken ?? ended;
      return {
        sha256: hash.digest('hex'),
        captured: report.captured,
        dropped: report.dropped,
        cpu: report.cpu,
        clockStep: report.clockStep,
        fault: fault === null ? null : `the capture on ${networkInterface} broke off: ${fault}`,
      };
    });
  }

  /** Lets the program write out what the kernel still holds, and waits until the file is whole. */
  stop(): Promise<CaptureResult> {
    return this.end();
  }
}
