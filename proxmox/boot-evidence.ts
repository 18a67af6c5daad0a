import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Guest } from '../config/lab';
import { serialLogFile, shownFile } from '../config/paths';
import type { ApiClient } from './api-client';
import { screenshot } from './console/screenshot';

/** How much of a serial console is kept, from its end. */
const TAIL = { bytes: 64 * 1024, lines: 300 };

/** Where what a failed boot left is kept, and where the node's own record of it lies. */
export interface EvidenceOptions {
  /** Made on demand. A guest's files in there are those of its last failure. */
  readonly directory: string;
  /** Whether there can be a screen to look at: not of a guest that has stopped. */
  readonly running: boolean;
}

/**
 * Keeps what can be seen of a guest that did not boot or did not become ready: a picture of its screen, and the end of
 * what it printed on its serial console where its node keeps that. Files are readable by their owner alone. Returns a
 * line for each, and for what is missing; throws nothing, since all of this happens beside another failure.
 */
export async function keepEvidence(
  client: ApiClient,
  guest: Pick<Guest, 'name' | 'vmid' | 'node'>,
  { directory, running }: EvidenceOptions,
): Promise<readonly string[]> {
  const file = (what: string) => join(directory, `${guest.name}-${guest.vmid}-${what}`);
  const kept: string[] = [];
  const keep = async (what: string, path: string, content: () => Promise<string | Buffer>): Promise<void> => {
    try {
      await mkdir(directory, { recursive: true });
      // Of an earlier failure, which this one must not be taken for.
      await rm(path, { force: true });
      await writeFile(path, await content(), { mode: 0o600 });
      kept.push(`${what}: ${shownFile(path)}`);
    } catch (error) {
      kept.push(`${what} could not be kept: ${(error as Error).message}`);
    }
  };
  if (running) await keep('its screen', file('screen.png'), () => screenshot(client, guest));
  const { serialLogs } = client;
  if (serialLogs !== undefined) {
    await keep('the end of its serial console', file('serial.log'), () =>
      serialTail(serialLogFile(serialLogs, guest.vmid)),
    );
  }
  return kept;
}

/** The last lines of a serial console, without what moves a cursor, colours or beeps. */
export async function serialTail(path: string): Promise<string> {
  const log = await open(path);
  try {
    const { size } = await log.stat();
    const from = Math.max(0, size - TAIL.bytes);
    const { buffer, bytesRead } = await log.read(Buffer.alloc(size - from), 0, size - from, from);
    const text = stripVTControlCharacters(buffer.subarray(0, bytesRead).toString('utf8'))
      .replace(/\r+\n/g, '\n')
      // A line that was written over begins anew.
      .replace(/\r/g, '\n')
      .replace(/[^\P{Cc}\n\t]/gu, '');
    return `${text.trimEnd().split('\n').slice(-TAIL.lines).join('\n')}\n`;
  } finally {
    await log.close();
  }
}
