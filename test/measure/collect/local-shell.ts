import { spawn } from 'node:child_process';
import {
  type CommandResult,
  finish,
  type RunningCommand,
  type RunOptions,
  type Shell,
} from '../../../proxmox/node-shell';

/** A Shell whose node is this machine, or a namespace on it (`prefix` puts every command there). */
export class LocalShell implements Shell {
  constructor(private readonly prefix: readonly string[] = []) {}

  async run(command: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return finish(command, await this.start(command), options);
  }

  async start(command: readonly string[]): Promise<RunningCommand> {
    const [program = '', ...args] = [...this.prefix, ...command];
    // The system's own programs, as on a node, and not those of a developer's version manager.
    const path = `/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH ?? ''}`;
    const child = spawn(program, args, { stdio: 'pipe', env: { ...process.env, PATH: path } });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    return {
      stdin: child.stdin,
      stdout: child.stdout,
      stderr: child.stderr,
      ended,
      kill: () => child.kill('SIGKILL'),
    };
  }
}
