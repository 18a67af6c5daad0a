import type { Shell } from '../../proxmox/node-shell';
import { seededRandom } from '../random';
import type { QosSession, Transfer } from '../raw-data';
import { jsonLines } from './json-lines';
import { remoteProgram } from './remote-program';

/** What remote/reader.py is told to do. */
export interface ReaderScript {
  readonly host: string;
  readonly port: number;
  readonly pages: readonly string[];
  /** Pause after each page but the last. */
  readonly thinkSeconds: readonly number[];
  /** Pause before the first page, so that several clients do not start at the same instant. */
  readonly delaySeconds: number;
  /** Keep-alive connections at most, as browsers have them for one server. */
  readonly connections: number;
  /** Longest wait for a server to accept or to send more. */
  readonly timeoutSeconds: number;
}

export const readerDescription =
  'remote/reader.py 1: HTTP/1.1, at most 6 keep-alive connections, assets once per session, no scripts run';

/** Pauses drawn uniformly from [low, high]; the same for the same seed. */
export function thinkTimes(seed: number, pages: number, range: readonly [number, number]): number[] {
  const random = seededRandom(seed);
  const [low, high] = range;
  return Array.from({ length: Math.max(0, pages - 1) }, () => low + (high - low) * random());
}

/** `count` pages, over again from the start where the application has fewer. */
export function pagesToVisit(pages: readonly string[], count: number): string[] {
  return Array.from({ length: count }, (_, index) => pages[index % pages.length] ?? '/');
}

/**
 * Runs the reader to its end and returns its transfers, failed ones included. If the reader itself breaks, `fault` says
 * how, and the transfers are those made until then.
 */
export async function runReader(
  shell: Shell,
  script: ReaderScript,
  wrap: (command: readonly string[]) => readonly string[],
  signal: AbortSignal,
): Promise<{ transfers: readonly Transfer[]; fault: string | null }> {
  const running = await shell.start(wrap(remoteProgram('reader')));
  const kill = () => running.kill();
  signal.addEventListener('abort', kill, { once: true });
  running.stdin.on('error', () => {});
  running.stdin.end(`${JSON.stringify(script)}\n`);
  let stderr = '';
  running.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  const transfers: Transfer[] = [];
  try {
    for await (const line of jsonLines(running.stdout)) transfers.push(line as Transfer);
    const code = await running.ended;
    const said = stderr.trim().split('\n').at(-1);
    return { transfers, fault: code === 0 ? null : `the reader ended with ${code ?? 'a signal'}: ${said}` };
  } finally {
    signal.removeEventListener('abort', kill);
  }
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
  const { roundTripSeconds } = JSON.parse(stdout) as { roundTripSeconds: (number | null)[] };
  return {
    method: `TCP connect (SYN to SYN-ACK) from ${target.from}, one every ${pause} s, lost after ${timeout} s`,
    roundTripSeconds,
  };
}
