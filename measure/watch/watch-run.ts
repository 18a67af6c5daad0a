import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { writeWholeFile } from '../../machine/whole-file';
import { RunWatch } from './run-watch';
import { WatchServer } from './watch-server';

export interface WatchOptions {
  /** The run's directory, which may come later. */
  readonly directory: string;
  /** Undefined = that of the last time, else any that is free. */
  readonly port?: number;
  /** Where port and token are kept, so that a page finds a watcher again that was started anew. */
  readonly keptIn: string;
  /** Whether the run may still come; absent = it may. */
  readonly mayCome?: () => boolean;
  readonly signal: AbortSignal;
  readonly listening: (url: string) => void;
  readonly say: (line: string) => void;
  /** @default the system's */
  readonly clock?: WatchClock;
}

interface WatchClock {
  /** Milliseconds from any fixed origin. */
  now(): number;
  /** Rejects when aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<unknown>;
}

const systemClock: WatchClock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
};

/** Milliseconds between two looks at a run that is under way, and at one that is not. */
const LOOK = { running: 1000, over: 3000 };
/** Seconds for which nobody must have looked at a run that is over before the watcher ends, and in any case. */
const PATIENCE = { alone: 30, most: 3600 };

const keptRecord = z.object({ token: z.string().regex(/^[\w-]{32,}$/), port: z.number().int() });

/**
 * Serves the page of a run until the run is over and nobody looks at it any more, or until `signal`. A run that was over
 * at the beginning is served until somebody has looked at it.
 */
export async function watchRun(options: WatchOptions): Promise<void> {
  const { directory, signal, say } = options;
  const watch = new RunWatch(directory);
  watch.look();
  const server = await listen(watch, options);
  options.listening(server.url);
  try {
    await untilOver(watch, server, options);
    if (!signal.aborted) say('The run is over, and nobody looks at its page any more.');
  } finally {
    await server.close();
  }
}

async function untilOver(
  watch: RunWatch,
  server: WatchServer,
  { mayCome = () => true, signal, say, clock = systemClock }: WatchOptions,
): Promise<void> {
  const isOver = (): boolean => !['running', 'absent'].includes(watch.phase);
  let wasSeen = !isOver();
  let overAt: number | undefined;
  let aloneSince = clock.now();
  while (!signal.aborted) {
    await clock.sleep(overAt === undefined ? LOOK.running : LOOK.over, signal).catch(() => {});
    server.tell(watch.look());
    const now = clock.now();
    if (server.openPages > 0) {
      aloneSince = now;
      wasSeen = true;
    }
    if (watch.phase === 'absent' && !mayCome()) return;
    if (!isOver()) continue;
    if (overAt === undefined) {
      overAt = now;
      aloneSince = now;
      say(watch.phase === 'vanished' ? 'The run has broken off.' : 'The run has ended.');
    }
    const seconds = (since: number): number => (now - since) / 1000;
    if (wasSeen && (seconds(aloneSince) > PATIENCE.alone || seconds(overAt) > PATIENCE.most)) return;
  }
}

async function listen(watch: RunWatch, { port, keptIn }: WatchOptions): Promise<WatchServer> {
  const kept = readKept(keptIn);
  const token = kept?.token ?? randomBytes(24).toString('base64url');
  const server = await attempt(watch, token, port ?? kept?.port ?? 0, port === undefined);
  // Another watcher may have the port that is kept; it stays its own.
  if (!kept || port !== undefined) {
    mkdirSync(dirname(keptIn), { recursive: true });
    await writeWholeFile(keptIn, `${JSON.stringify({ token, port: server.port })}\n`, { mode: 0o600 });
  }
  return server;
}

async function attempt(watch: RunWatch, token: string, port: number, orAny: boolean): Promise<WatchServer> {
  try {
    return await WatchServer.listen(watch, token, port);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (orAny) return WatchServer.listen(watch, token, 0);
    throw new PortTakenError(port, error);
  }
}

/** Somebody else has the port that was asked for. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  constructor(port: number, cause: unknown) {
    super(`port ${port} on 127.0.0.1 is in use by another program: choose another --port`, { cause });
  }
}

function readKept(file: string): z.infer<typeof keptRecord> | undefined {
  try {
    return keptRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
