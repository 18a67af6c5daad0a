/** The QEMU guest agent as the API offers it. */
import { ApiError } from '../base/api-error';
import type { GuestEngine } from '../engine/guest-engine';
import { AgentCommandError, AgentNotRunningError } from '../engine/guest-engine';
import { hasAgent } from './guest-spec';
import type { GuestStore } from './guest-store';

/** Proxmox VE reads at most this much of a file, bytes. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;
const READ_BYTES = 1024 * 1024;

export interface ExecStatus {
  readonly exited: 0 | 1;
  readonly exitcode?: number;
  readonly signal?: number;
  readonly 'out-data'?: string;
  readonly 'out-truncated'?: 0 | 1;
  readonly 'err-data'?: string;
  readonly 'err-truncated'?: 0 | 1;
}

interface RawExecStatus {
  readonly exited: boolean;
  readonly exitcode?: number;
  readonly signal?: number;
  readonly 'out-data'?: string;
  readonly 'out-truncated'?: boolean;
  readonly 'err-data'?: string;
  readonly 'err-truncated'?: boolean;
}

interface GuestAgentUses {
  readonly engine: GuestEngine;
  readonly store: GuestStore;
}

export class GuestAgent {
  constructor(private readonly uses: GuestAgentUses) {}

  /** One command of the agent's protocol, for example guest-ping. Throws ApiError 500 in Proxmox VE's words. */
  async command(vmid: number, command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { values } = this.uses.store.get(vmid);
    if (!this.uses.engine.isRunning(vmid)) throw new ApiError(500, `VM ${vmid} is not running`);
    if (!hasAgent(values)) throw new ApiError(500, 'No QEMU guest agent configured');
    try {
      return await this.uses.engine.agent(vmid, command, args);
    } catch (fault) {
      if (fault instanceof AgentNotRunningError) throw new ApiError(500, 'QEMU guest agent is not running');
      if (fault instanceof AgentCommandError) throw new ApiError(500, `Agent error: ${fault.message}`);
      throw fault;
    }
  }

  /** Starts a program in the guest; its pid there. */
  async exec(vmid: number, command: readonly string[], input?: string): Promise<{ pid: number }> {
    const [path, ...arg] = command;
    return (await this.command(vmid, 'guest-exec', {
      path,
      arg,
      'capture-output': true,
      'input-data': input === undefined ? undefined : Buffer.from(input, 'utf8').toString('base64'),
    })) as { pid: number };
  }

  async execStatus(vmid: number, pid: number): Promise<ExecStatus> {
    const raw = (await this.command(vmid, 'guest-exec-status', { pid })) as RawExecStatus;
    const { exitcode, signal } = raw;
    return {
      exited: raw.exited ? 1 : 0,
      exitcode,
      signal,
      'out-data': text(raw['out-data']),
      'out-truncated': bit(raw['out-truncated']),
      'err-data': text(raw['err-data']),
      'err-truncated': bit(raw['err-truncated']),
    };
  }

  /** `truncated` is there if the file is longer than 16 MiB. */
  async readFile(
    vmid: number,
    path: string,
  ): Promise<{ content: string; 'bytes-read': number; truncated?: 1 }> {
    const handle = await this.command(vmid, 'guest-file-open', { path });
    try {
      const parts: Buffer[] = [];
      let bytes = 0;
      let ended = false;
      while (!ended && bytes < MAX_FILE_BYTES) {
        const count = Math.min(READ_BYTES, MAX_FILE_BYTES - bytes);
        const answer = (await this.command(vmid, 'guest-file-read', { handle, count })) as {
          'buf-b64': string;
          count: number;
          eof: boolean;
        };
        parts.push(Buffer.from(answer['buf-b64'], 'base64'));
        bytes += answer.count;
        ended = answer.eof || answer.count === 0;
      }
      const content = Buffer.concat(parts).toString('utf8');
      return { content, 'bytes-read': bytes, ...(ended ? {} : { truncated: 1 }) };
    } finally {
      await this.command(vmid, 'guest-file-close', { handle });
    }
  }

  /** `encoded`: the content is base64 already. */
  async writeFile(vmid: number, path: string, content: string, encoded: boolean): Promise<void> {
    const handle = await this.command(vmid, 'guest-file-open', { path, mode: 'wb' });
    try {
      const data = encoded ? content : Buffer.from(content, 'utf8').toString('base64');
      await this.command(vmid, 'guest-file-write', { handle, 'buf-b64': data });
    } finally {
      await this.command(vmid, 'guest-file-close', { handle });
    }
  }
}

function bit(value: boolean | undefined): 0 | 1 | undefined {
  return value === undefined ? undefined : value ? 1 : 0;
}

function text(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}
