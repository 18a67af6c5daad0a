import { whenTerminalEnds } from '../machine/terminal-end';

/**
 * Aborted when somebody wants the measurement to end: it then removes its clients and keeps what was measured. A second
 * Ctrl-C ends it at once; whatever else comes again, of a terminal that closes or a system that goes down, does not.
 */
export function interruption(say: (line: string) => void): AbortSignal {
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort(new Error('interrupted'));
  process.once('SIGINT', () => {
    say('interrupted: removing the clients, keeping what was measured (Ctrl-C again to give up)');
    stop();
  });
  process.on('SIGTERM', stop);
  whenTerminalEnds(stop);
  return interrupt.signal;
}
