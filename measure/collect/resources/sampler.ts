import type { RunningCommand, Shell } from '../../../proxmox/node-shell';
import type { CounterConstants, CounterSample, SessionCounters } from '../../run/raw-data';
import { counterConstants, counterSampleRecord } from '../../run/records/counters';
import { checked } from '../checked';
import { jsonLines } from '../json-lines';
import { remoteProgram } from '../programs/remote-program';

/** Where Linux has the counters of RAPL. */
export const POWERCAP = '/sys/class/powercap';

/** programs/sampler.py at work on the node: one SSH channel, one sample per interval. Close it when done. */
export class Sampler {
  private constructor(
    readonly constants: CounterConstants,
    private readonly lines: AsyncGenerator<unknown, void, void>,
    private readonly running: RunningCommand,
    private readonly errors: () => string,
  ) {}

  /** `powercap`: where the node's energy counters are; absent = they are not read. */
  static async start(
    shell: Shell,
    intervalSeconds: number,
    vmids: readonly number[],
    powercap?: string,
  ): Promise<Sampler> {
    const energy = powercap === undefined ? [] : [`--powercap=${powercap}`];
    const running = await shell.start(remoteProgram('sampler', intervalSeconds, ...vmids, ...energy));
    let stderr = '';
    running.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
    });
    running.stdin.on('error', () => {}); // Closing a sampler that has died is no second fault.
    const lines = jsonLines(running.stdout);
    try {
      const first = await lines.next();
      if (!first.done) {
        const constants = checked(counterConstants, first.value, 'the sampler');
        return new Sampler(constants, lines, running, () => stderr);
      }
    } catch (error) {
      running.kill();
      throw error;
    }
    const code = await running.ended; // Its last words may come after the end of its output.
    throw ended(stderr, code);
  }

  /** The next sample, when it comes. Throws if the sampler has ended. */
  async next(): Promise<CounterSample> {
    const line = await this.lines.next();
    if (line.done) {
      throw ended(this.errors(), await this.running.ended);
    }
    return checked(counterSampleRecord, line.value, 'the sampler');
  }

  async close(): Promise<void> {
    this.running.stdin.end();
    // Read to the end, or a full pipe would keep the program from ending.
    this.running.stdout.resume();
    await this.running.ended;
  }
}

/** The node's counters once; null where they could not be had. */
export async function readCounters(shell: Shell, vmids: readonly number[]): Promise<SessionCounters | null> {
  let sampler: Sampler | undefined;
  try {
    sampler = await Sampler.start(shell, 60, vmids);
    return { ...(await sampler.next()), ...sampler.constants };
  } catch {
    return null;
  } finally {
    await sampler?.close();
  }
}

function ended(stderr: string, code: number | null): Error {
  if (code === null)
    return new Error('the sampler on the node was cut off, by a signal or a lost connection');
  const said = stderr.trim().split('\n').slice(-3).join('\n  ');
  return new Error(`the sampler on the node ended${said ? `: ${said}` : ' without a word'}`);
}
