import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** More words than this are not kept; QEMU says what is wrong in a line or two. */
const LONGEST = 16 * 1024;

/** A program that has gone to the background, as long as what it says is of interest. */
export class Launch {
  private text = '';

  private constructor(private readonly child: ChildProcess) {
    child.stderr?.on('data', (chunk: Buffer) => {
      if (this.text.length < LONGEST) this.text += chunk.toString();
    });
  }

  /**
   * Starts `argv`, which puts a program into the background and ends. Not by zx: the program outlives this process, and
   * holds its standard error open as long as it lives. It gets no setting of this process but the path.
   * Throws if `argv` itself fails.
   */
  static async start(argv: readonly string[]): Promise<Launch> {
    const [file = '', ...args] = argv;
    const child = spawn(file, args, {
      detached: true,
      cwd: '/',
      env: { PATH: process.env.PATH },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const launch = new Launch(child);
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`${file} ended with exit code ${code}: ${await launch.lastWords()}`);
    return launch;
  }

  /** What the program has said, once it has ended. */
  async lastWords(): Promise<string> {
    const stderr = this.child.stderr;
    if (stderr && !stderr.readableEnded && !stderr.destroyed) await once(stderr, 'close');
    return this.text.trim();
  }

  /** Hears no more of the program. What it says from now on is lost, and cannot fill a pipe. */
  release(): void {
    this.child.stderr?.destroy();
  }
}
