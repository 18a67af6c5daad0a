import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One recorded call of Proxmox VE 9.1 and its answer; see ../recordings/README.md. */
export interface RecordedCall {
  readonly note?: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'HEAD' | 'PATCH' | 'OPTIONS';
  readonly path: string;
  readonly form?: readonly (readonly [string, string | number])[] | null;
  readonly auth?: 'ticket' | 'token' | '-';
  readonly csrf?: boolean;
  readonly status?: number;
  readonly reason?: string;
  readonly body?: unknown;
  /** Why the answer is no fact about Proxmox VE. */
  readonly artifact?: string;
}

export interface NumberedCall extends RecordedCall {
  readonly file: string;
  /** Line in the file, from 1. */
  readonly line: number;
}

export function readRecording(file: string): NumberedCall[] {
  const text = readFileSync(join(__dirname, '..', 'recordings', `${file}.jsonl`), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line, index) => ({ ...(JSON.parse(line) as RecordedCall), file, line: index + 1 }));
}

/** Is it a poll of a task that still ran? */
export function saysRunning(call: RecordedCall): boolean {
  const data = (call.body as { data?: { status?: string } } | undefined)?.data;
  return /\/tasks\/UPID[^/]*\/status$/.test(call.path) && data?.status === 'running';
}
