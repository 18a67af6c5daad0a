/** Terraform's state survives what ends Terraform in the middle of writing it. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { writeWholeFileSync } from '../machine/whole-file';

/**
 * Before Terraform runs: keeps a copy of a state that is whole, and puts back the last whole one where the state is cut
 * off or empty. Returns what it put back, for the user to be told; undefined if the state is whole, there is none, or
 * a Terraform that runs has it. Throws if the state is damaged and there is no whole copy.
 */
export function keepState(file: string): string | undefined {
  if (!existsSync(file) || isLocked(file)) return undefined;
  const kept = `${file}.kept`;
  const state = wholeState(file);
  if (state !== undefined) {
    writeWholeFileSync(kept, state, { mode: 0o600 });
    return undefined;
  }
  // Terraform's own backup is older by one run, and may be cut off by the same end.
  for (const copy of [kept, `${file}.backup`]) {
    const text = wholeState(copy);
    if (text === undefined) continue;
    writeWholeFileSync(`${file}.damaged`, readFileSync(file), { mode: 0o600 });
    writeWholeFileSync(file, text, { mode: 0o600 });
    return copy;
  }
  throw new Error(
    `Terraform's state ${file} is damaged and there is no whole copy of it. Remove it: what it named is then looked for on the node.`,
  );
}

/** Whether a process holds a POSIX lock on the file, as a running Terraform does while it may write its state. */
function isLocked(file: string): boolean {
  const inode = `:${statSync(file).ino} `;
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .some((line) => line.includes(' POSIX ') && line.includes(inode));
}

/** Undefined if there is no such file, or it is no whole state. */
function wholeState(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    const { version, resources } = JSON.parse(text) as { version?: unknown; resources?: unknown };
    return typeof version === 'number' && (resources === undefined || Array.isArray(resources))
      ? text
      : undefined;
  } catch {
    return undefined;
  }
}
