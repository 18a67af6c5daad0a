import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Shell } from '../../../proxmox/node-shell';
import { count, record, seconds } from '../../run/records/fields';
import { checked } from '../checked';
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
  /** Null = the program did not come to report it. */
  readonly captured: number | null;
  readonly dropped: number | null;
  /** CPU time of the program, seconds. */
  readonly cpu: number | null;
}

const captureReport = record({ captured: count, dropped: count, cpu: seconds });

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
    const first = (await reports.next()).value as { listening?: string } | undefined;
    if (!first?.listening) {
      running.kill();
      throw new Error(`the capture on ${networkInterface} did not start`);
    }
    return new Capture(async () => {
      running.stdin.end();
      await saved;
      const last = (await reports.next()).value;
      const report = last === undefined ? undefined : checked(captureReport, last, 'capture.py');
      await running.ended;
      return {
        sha256: hash.digest('hex'),
        captured: report?.captured ?? null,
        dropped: report?.dropped ?? null,
        cpu: report?.cpu ?? null,
      };
    });
  }

  /** Lets the program write out what the kernel still holds, and waits until the file is whole. */
  stop(): Promise<CaptureResult> {
    return this.end();
  }
}
