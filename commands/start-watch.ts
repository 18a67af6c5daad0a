import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Option } from 'commander';
import { start } from '../machine/command';
import { identify, type ProcessIdentity, thisProcess } from '../machine/processes';

/** Of what makes a run. */
export function watchOption(): Option {
  return new Option('--watch', 'follow the run on a page in the browser, whose address is printed');
}

/**
 * Starts `npm run watch` for a run that this process will make. A program of its own: reports so far that it makes would
 * hold the measuring up. It ends by itself, a while after the run. Undefined where it did not come up, which is said.
 */
export async function startWatch(
  run: string,
  say: (line: string) => void,
): Promise<ProcessIdentity | undefined> {
  const begunBy = JSON.stringify(thisProcess());
  const argv = [process.execPath, join(__dirname, 'bootstrap.mjs'), 'watch', run, '--begun-by', begunBy];
  const program = start(argv, { stdio: ['ignore', 'pipe', 'ignore'], ownGroup: true });
  const lines = createInterface({ input: program.stdout });
  const url = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    program.then(() => undefined),
  ]);
  say(url ? `Watch it: ${url}` : 'The page to watch it on did not come up: npm run watch');
  lines.close();
  program.stdout.destroy();
  program.child?.unref();
  return program.pid === undefined ? undefined : identify(program.pid);
}
