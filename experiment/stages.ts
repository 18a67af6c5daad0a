import { join } from 'node:path';
import { start } from '../machine/command';

const BOOTSTRAP = join(__dirname, '../commands/bootstrap.mjs');

/** Something under way that can be asked to stop. */
export interface Run {
  readonly done: Promise<void>;
  interrupt(): void;
}

export interface FinishedStage {
  readonly title: string;
  readonly seconds: number;
  readonly outcome: 'done' | 'failed' | 'interrupted';
}

/** The user asked to stop. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
}

/** A command of this project ended badly; it has said why itself. */
export class CommandFailedError extends Error {
  override readonly name = 'CommandFailedError';
  constructor(
    command: string,
    readonly code: number | null,
    signal: string | null,
  ) {
    super(`npm run ${command} ended with ${signal ?? `exit code ${code}`}: see above`);
  }
}

/** Runs stages one after the other, says how long each took, and stops at the user's wish. */
export class Stages {
  readonly finished: FinishedStage[] = [];
  private current?: Run;
  private interrupted = false;
  private cleaning = false;
  /** Whether the user asked to stop at any time, also when only the cleaning was left to do. */
  stopRequested = false;

  constructor(private readonly say: (line: string) => void) {}

  /** @throws InterruptedError if the user asked to stop before or during the stage; else whatever the stage threw. */
  async run(title: string, start: () => Run): Promise<void> {
    if (this.interrupted && !this.cleaning) throw new InterruptedError(`stopped before: ${title}`);
    this.say(`\n== ${title}`);
    const begin = performance.now();
    const finish = (outcome: FinishedStage['outcome']): void => {
      this.finished.push({ title, seconds: (performance.now() - begin) / 1000, outcome });
    };
    const attempt = (): Promise<void> => {
      this.current = start();
      return this.current.done;
    };
    try {
      // A Ctrl-C reaches a program too that has just been started and is not yet in its own process group; so does the
      // second signal of a closing terminal, of which nobody else hears.
      await attempt().catch((error) => {
        const hit = this.interrupted || (this.stopRequested && endedBySignal(error));
        if (!(this.cleaning && hit)) throw error;
        return attempt();
      });
    } catch (error) {
      const stopped = this.interrupted && !this.cleaning;
      finish(stopped ? 'interrupted' : 'failed');
      throw stopped ? new InterruptedError(`stopped during: ${title}`, { cause: error }) : error;
    } finally {
      this.current = undefined;
    }
    finish('done');
    if (this.interrupted && !this.cleaning) throw new InterruptedError(`stopped after: ${title}`);
  }

  /** From here on stages run although the user asked to stop: they take away what was made. */
  beginCleaning(): void {
    this.cleaning = true;
    this.interrupted = false;
  }

  /** What Ctrl-C does: ends the running stage; while cleaning, only a second one does, and leaves what is left. */
  interrupt(): 'stopping' | 'warned' | 'abandoned' {
    this.stopRequested = true;
    if (this.cleaning && !this.interrupted) {
      this.interrupted = true;
      return 'warned';
    }
    const again = this.interrupted;
    this.interrupted = true;
    this.current?.interrupt();
    return this.cleaning && again ? 'abandoned' : 'stopping';
  }
}

/** Of an error of a program: that it had no exit code. */
function endedBySignal(error: unknown): boolean {
  return (error as { code?: unknown }).code === null;
}

/** Runs one of the project's own commands as a program of its own, in a process group that Ctrl-C does not reach. */
export function runCommand(command: string, args: readonly string[] = []): Run {
  const program = start([process.execPath, BOOTSTRAP, command, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ownGroup: true,
    // It is this project's own and reads the same settings, secrets among them.
    env: process.env,
  });
  const end = async (): Promise<void> => {
    const { ok, exitCode, signal } = await program;
    if (!ok) throw new CommandFailedError(command, exitCode, signal);
  };
  return { done: end(), interrupt: () => program.child?.kill('SIGINT') };
}
