import { readFileSync } from 'node:fs';
import { CommandError } from '../../../machine/command';

/** Why LXC did not start a container: the first errors of its log, else what it said. */
export function lastWords(log: string, error: unknown): string {
  try {
    const errors = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => line.includes(' ERROR '));
    const words = errors
      .map((line) => line.replace(/^.* ERROR\s+/, ''))
      .filter((line) => !/lxc\.seccomp/.test(line));
    if (words[0]) return words.slice(0, 3).join('; ');
  } catch {}
  return error instanceof CommandError ? error.stderr.trim() || error.message : String(error);
}
