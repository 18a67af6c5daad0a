import { type ApiClient, ApiError } from '../../proxmox/api-client';
import { NodeUnreachableError } from '../../proxmox/connection-fault';
import type { ExecResult } from '../../proxmox/guest-access';
import type { Clock } from '../../proxmox/readiness';

/** A clock that only sleeping moves, and that does things at their time. */
export class TestClock implements Clock {
  private milliseconds = 0;
  private events: { readonly at: number; readonly act: () => void }[] = [];

  now(): number {
    return this.milliseconds;
  }

  get seconds(): number {
    return this.milliseconds / 1000;
  }

  at(seconds: number, act: () => void): void {
    this.events.push({ at: seconds * 1000, act });
    this.events.sort((one, two) => one.at - two.at);
  }

  async sleep(milliseconds: number): Promise<void> {
    this.milliseconds += milliseconds;
    while (this.events[0] && this.events[0].at <= this.milliseconds) this.events.shift()?.act();
  }
}

/** One VM of a node, as the API shows it; in the words of Proxmox VE 9. */
export class FakeGuest {
  status: 'running' | 'stopped' | 'gone' = 'running';
  agent: 'absent' | 'locked' | 'there' = 'there';
  /** Thrown by every call. */
  nodeFault?: Error;
  readonly files = new Map<string, string>();
  /** What a program does; undefined = it never ends. */
  programs: (command: readonly string[]) => Partial<ExecResult> | undefined = () => ({});
  /** Programs started, in order. */
  readonly started: (readonly string[])[] = [];

  constructor(
    readonly vmid = 129,
    readonly node = 'pve',
  ) {}

  get client(): ApiClient {
    const fake: Pick<ApiClient, 'node' | 'get' | 'post'> = {
      node: (path, node = 'pve') => `nodes/${node}/${path}`,
      get: async <T>(path: string, query: Readonly<Record<string, unknown>> = {}) =>
        this.answer('GET', path, query) as T,
      post: async <T>(path: string, form: Readonly<Record<string, unknown>> = {}) =>
        this.answer('POST', path, form) as T,
    };
    return fake as ApiClient;
  }

  unreachable(): Error {
    return new NodeUnreachableError(
      'https://pve.example.org:8006',
      Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    );
  }

  private answer(method: string, path: string, values: Readonly<Record<string, unknown>>): unknown {
    if (this.nodeFault) throw this.nodeFault;
    const fail = (message: string): never => {
      throw new ApiError(method, path, 500, `${message}\n`);
    };
    if (this.status === 'gone' || !path.startsWith(`nodes/${this.node}/`)) {
      fail(`Configuration file 'nodes/pve/qemu-server/${this.vmid}.conf' does not exist`);
    }
    const call = path.replace(`nodes/${this.node}/qemu/${this.vmid}/`, '');
    if (call === 'status/current') return { status: this.status };
    if (this.status === 'stopped') fail(`VM ${this.vmid} is not running`);
    if (this.agent === 'absent') fail('QEMU guest agent is not running');
    if (call === 'agent/ping') return { result: {} };
    if (this.agent === 'locked') fail('Agent error: Command guest-exec has been disabled');
    if (call === 'agent/file-read') {
      const file = String(values.file);
      return {
        content:
          this.files.get(file) ??
          fail(`Agent error: failed to open file '${file}' (mode: 'r'): No such file or directory`),
      };
    }
    if (call === 'agent/exec') {
      this.started.push(values.command as readonly string[]);
      return { pid: this.started.length };
    }
    if (call === 'agent/exec-status') {
      const ended = this.programs(this.started[Number(values.pid) - 1] ?? []);
      if (!ended) return { exited: 0 };
      const { exitCode = 0, stdout, stderr } = ended;
      return { exited: 1, exitcode: exitCode, 'out-data': stdout, 'err-data': stderr };
    }
    return fail(`the fake guest knows no ${method} ${path}`);
  }
}
