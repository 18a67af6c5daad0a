import type { Shell } from '../../../proxmox/node-shell';
import { seededRandom } from '../../run/random';
import type { LoadRequest } from '../../run/raw-data';
import { loadRequestRecord, loadRunRecord } from '../../run/records/ladder';
import { checked } from '../checked';
import { remoteProgram, runScript } from '../programs/remote-program';

/** What programs/load.py is told to do. */
export interface LoadScript {
  readonly host: string;
  readonly port: number;
  /** Path and intended time, seconds after the start, in order. */
  readonly requests: readonly (readonly [path: string, seconds: number])[];
  readonly inFlight: number;
  readonly drainSeconds: number;
}

/** The same in a closed loop: users who ask, wait for the answer, think (exponential, by its mean) and ask again. */
export interface UsersScript {
  readonly host: string;
  readonly port: number;
  readonly paths: readonly string[];
  readonly users: number;
  readonly thinkSeconds: number;
  readonly seconds: number;
  readonly seed: number;
  readonly drainSeconds: number;
}

export interface LoadRun {
  readonly startedAt: number;
  readonly cpuSeconds: number;
  readonly requests: readonly LoadRequest[];
}

export const generatorDescription =
  'programs/load.py 1: open loop, Poisson arrivals given their number, HTTP/1.1, a connection for each request';

/**
 * Times of `count` arrivals in [0, seconds), in order: drawn uniformly, as those of a Poisson process are once their number
 * is given (Ross, Stochastic Processes, theorem 2.3.1). So the gaps are those of independent visitors, and
 * the rate is exactly the one that was planned.
 */
export function arrivals(seed: number, count: number, seconds: number): number[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => seconds * random()).sort((a, b) => a - b);
}

/** Runs the generator to its end. Throws if it breaks or is cut off by the signal. */
export async function runLoad(
  shell: Shell,
  script: LoadScript | UsersScript,
  wrap: (command: readonly string[]) => readonly string[],
  signal: AbortSignal,
): Promise<LoadRun> {
  const { lines, fault } = await runScript(shell, wrap(remoteProgram('load')), script, signal);
  signal.throwIfAborted();
  const [head, ...requests] = lines;
  if (fault !== null || ('requests' in script && requests.length !== script.requests.length)) {
    throw new Error(`the generator of load ${fault ?? 'did not say what became of every request'}`);
  }
  const generator = 'the generator of load';
  return {
    ...checked(loadRunRecord, head, generator),
    requests: requests.map((request) => checked(loadRequestRecord, request, generator)),
  };
}
