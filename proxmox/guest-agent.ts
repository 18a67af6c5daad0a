import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '../config/lab';
import { type ApiClient, ApiError } from './api-client';
import {
  type AccessFault,
  type ExecOptions,
  type ExecResult,
  ExecTimeoutError,
  type GuestAccess,
  GuestAccessError,
} from './guest-access';

interface ExecStatus {
  readonly exited: number | boolean;
  readonly exitcode?: number;
  readonly signal?: number;
  readonly 'out-data'?: string;
  readonly 'err-data'?: string;
}

/** The guest agent of one VM through the API. */
export class GuestAgent implements GuestAccess {
  constructor(
    private readonly client: ApiClient,
    private readonly guest: Pick<Guest, 'vmid' | 'node'>,
    private readonly pause: (milliseconds: number) => Promise<unknown> = sleep,
  ) {}

  async ping(): Promise<void> {
    await this.ask(() => this.client.post(this.path('ping')));
  }

  async exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const limit = options.timeoutSeconds ?? 60;
    const started = await this.ask(() =>
      this.client.post<{ pid: number }>(this.path('exec'), { command, 'input-data': options.input }),
    );
    let waited = 0;
    for (;;) {
      const status = await this.ask(() =>
        this.client.get<ExecStatus>(this.path('exec-status'), { pid: started.pid }),
      );
      if (status.exited) {
        return {
          exitCode: status.exitcode ?? 128 + (status.signal ?? 0),
          stdout: status['out-data'] ?? '',
          stderr: status['err-data'] ?? '',
        };
      }
      if (waited >= limit * 1000) {
        throw new ExecTimeoutError(
          `guest ${this.guest.vmid}: ${command.join(' ')} still runs after ${limit} s`,
        );
      }
      // Most programs end at once; the few long ones are not worth a call every 100 ms.
      const step = waited < 1000 ? 100 : 500;
      await this.pause(step);
      waited += step;
    }
  }

  async readFile(file: string): Promise<string | undefined> {
    try {
      const answer = await this.ask(() =>
        this.client.get<{ content: string }>(this.path('file-read'), { file }),
      );
      return answer.content;
    } catch (error) {
      if (error instanceof ApiError && /No such file or directory/.test(error.message)) return undefined;
      throw error;
    }
  }

  private path(command: string): string {
    return this.client.node(`qemu/${this.guest.vmid}/agent/${command}`, this.guest.node);
  }

  private async ask<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const fault = error instanceof ApiError ? agentFault(error) : undefined;
      throw fault ? new GuestAccessError(this.guest.vmid, fault, { cause: error as ApiError }) : error;
    }
  }
}

/**
 * What an error of the API says about the guest. Proxmox VE gives all of these the status 500 and no code, so that
 * its words are the only thing to go by; they are read here and nowhere else.
 */
export function agentFault(error: ApiError): AccessFault | undefined {
  const text = error.message;
  if (/Configuration file '.*' does not exist/.test(text)) return 'guest-vanished';
  if (/VM \d+ is not running|VM \d+ not running/.test(text)) return 'guest-stopped';
  if (/has been disabled|is not allowed|CommandNotFound/.test(text)) return 'command-disabled';
  if (/guest agent is not running|got timeout|qga socket|No QEMU guest agent configured/i.test(text)) {
    return 'agent-absent';
  }
  return undefined;
}
