import type { Guest } from '../config/lab';
import {
  type ExecOptions,
  type ExecResult,
  ExecTimeoutError,
  type GuestAccess,
  GuestAccessError,
} from './guest-access';
import type { Shell } from './node-shell';

/** As long as `pct` itself may take beside the program that it runs, seconds. */
const margin = 20;

/** A container by `pct exec` on its node: there is no agent in it, and none is needed. */
export class ContainerAccess implements GuestAccess {
  constructor(
    private readonly shell: Pick<Shell, 'run'>,
    private readonly guest: Pick<Guest, 'vmid'>,
  ) {}

  async exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { vmid } = this.guest;
    const limit = options.timeoutSeconds ?? 60;
    const { code, stdout, stderr } = await this.shell.run(['pct', 'exec', String(vmid), '--', ...command], {
      ...(options.input !== undefined && { stdin: options.input }),
      allowFailure: true,
      timeoutSeconds: limit + margin,
    });
    if (code === null) {
      throw new ExecTimeoutError(`guest ${vmid}: ${command.join(' ')} still runs after ${limit + margin} s`);
    }
    const fault = accessFault(code, stderr);
    if (fault) throw new GuestAccessError(vmid, fault, { cause: new Error(stderr.trim()) });
    return { exitCode: code, stdout, stderr };
  }

  async readFile(file: string): Promise<string | undefined> {
    const { exitCode, stdout, stderr } = await this.exec(['cat', '--', file]);
    if (exitCode === 0) return stdout;
    if (/No such file or directory/.test(stderr)) return undefined;
    throw new Error(`guest ${this.guest.vmid}: ${file} cannot be read: ${stderr.trim()}`);
  }
}

/** What `pct exec` says where it cannot run the program; an exit code alone may be the program's own. */
function accessFault(code: number, stderr: string): GuestAccessError['fault'] | undefined {
  if (code === 2 && /Configuration file '.*' does not exist/.test(stderr)) return 'guest-vanished';
  if (code === 255 && /not running|Failed to get init pid/.test(stderr)) return 'guest-stopped';
  return undefined;
}
