/** `npm run watch`: a page that follows a run as its files grow. */
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename, join } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { InputError } from '../config/input-error';
import { watchFile } from '../config/paths';
import { EXIT } from '../machine/exit-codes';
import { type BootedProcess, isStillThere } from '../machine/processes';
import { PortTakenError, watchRun } from '../measure/watch/watch-run';
import { openInBrowser } from './browser';
import { runCommand } from './run-command';
import { commandOnRuns, runAt } from './runs';

const command = commandOnRuns({
  name: 'npm run watch --',
  description:
    'Follows a run on a page of its own on 127.0.0.1: plan, time left, the node, faults, and the report so far. It ends with the run, 30 s after the page is closed. A run that has ended is shown whole.',
  examples: [
    'npm run watch                        the newest run',
    'npm run watch -- 2026-11-23-143000 --open',
    'npm run watch -- --port 4800',
  ],
})
  .argument('[run]', 'name of a run under results/, or its path (default: the newest)')
  .addOption(
    new Option(
      '--port <port>',
      'port on 127.0.0.1 (default: that of the last time, else one that is free)',
    ).argParser(portOf),
  )
  .option('--open', 'open the page in the browser')
  .option('--json', 'print the run and the address of its page as JSON')
  .addOption(new Option('--begun-by <process>').argParser(JSON.parse).hideHelp());

interface Flags {
  readonly port?: number;
  readonly open?: boolean;
  readonly json?: boolean;
  /** Who will make the run, which need not be there yet. */
  readonly begunBy?: BootedProcess;
}

void runCommand(async () => {
  const { port, open, json, begunBy } = command.parse().opts<Flags>();
  const directory = runAt(command, command.args[0]);
  if (!begunBy && !existsSync(join(directory, 'plan.json'))) {
    throw new InputError(`${directory}: there is no such run; npm run list names them`);
  }
  // Whoever measures on this machine goes first.
  setPriority(19);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  try {
    await watchRun({
      directory,
      port,
      keptIn: watchFile(),
      mayCome: begunBy && (() => isStillThere(begunBy)),
      signal: stop.signal,
      listening: (url) => {
        console.log(json ? JSON.stringify({ run: basename(directory), url }) : url);
        if (open) openInBrowser(url);
      },
      say: (line) => console.error(line),
    });
  } catch (error) {
    if (error instanceof PortTakenError) throw new InputError(error.message, { cause: error });
    throw error;
  }
  return EXIT.done;
});

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  throw new InvalidArgumentError('a port, 1 to 65535');
}
