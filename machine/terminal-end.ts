/** The end of the terminal, or of the npm, that a command was started from. */
import { parentOf, programName } from './processes';

/**
 * Calls `closed` once. A terminal that closes says so several times: by SIGHUP, by a SIGTERM from npm, by the end of npm.
 * What is written to it from then on is lost, which ends no command.
 */
export function whenTerminalEnds(closed: () => void): void {
  let heard = false;
  const hear = (): void => {
    if (!heard) closed();
    heard = true;
  };
  process.on('SIGHUP', hear);
  whenOrphaned(hear);
}

/**
 * npm passes a SIGTERM on to the shell between it and this process, and that shell dies of it without a word; npm that is
 * killed leaves both.
 */
function whenOrphaned(orphaned: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parents = parentsToNpm();
  const watch = setInterval(() => {
    if (parents.every(([pid, parent]) => parentOf(pid) === parent)) return;
    clearInterval(watch);
    orphaned();
  }, 500);
  watch.unref();
}

/** Each process from this one up to npm's child, with its parent; without an npm in sight, this one alone. */
function parentsToNpm(): readonly (readonly [pid: number, parent: number | undefined])[] {
  const own = [process.pid, process.ppid] as const;
  const above = [process.ppid, parentOf(process.ppid)] as const;
  const shellBetween =
    !programName(process.ppid).startsWith('npm') && programName(above[1]).startsWith('npm');
  return shellBetween ? [own, above] : [own];
}
