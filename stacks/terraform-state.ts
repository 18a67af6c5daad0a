/** Terraform's state survives what ends Terraform in the middle of writing it. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseState, readState, resourceKind } from '../config/state-file';
import { writeWholeFileSync } from '../machine/whole-file';

/**
 * Before Terraform runs: keeps a copy of a state that is whole, and puts back the last whole one where the state is cut
 * off or empty. Returns what it put back, for the user to be told; undefined if the state is whole, there is none, or
 * a Terraform that runs has it. An empty one without a copy is none: a first deployment was ended before its first
 * resource. Throws if the state is damaged and there is no whole copy.
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
  if (statSync(file).size === 0) return undefined;
  throw new Error(
    `Terraform's state ${file} is damaged and there is no whole copy of it. Remove it: what it named is then looked for on the node.`,
  );
}

/**
 * While Terraform runs: keeps a copy of each state that is whole, so that at most what came since the last look is lost
 * where it is cut off. Ends with `run`.
 */
export async function keepStateDuring<T>(file: string, run: Promise<T>, pause = 500): Promise<T> {
  let kept = '';
  const look = (): void => {
    const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? {};
    const seen = `${mtimeMs} ${size}`;
    if (seen === kept) return;
    const state = wholeState(file);
    if (state === undefined) return;
    writeWholeFileSync(`${file}.kept`, state, { mode: 0o600 });
    kept = seen;
  };
  const timer = setInterval(() => {
    try {
      look();
    } catch {
      // A full disk: the copy before stays.
    }
  }, pause);
  try {
    return await run;
  } finally {
    clearInterval(timer);
  }
}

/** Whether the state names anything that was made, and not only what was read. */
export function holdsResources(file: string): boolean {
  return (readState(file) ?? []).some(({ mode }) => mode === 'managed');
}

/** Waits until no Terraform holds the state any longer, or until `stop` is aborted. */
export async function stateIsFree(file: string, stop: AbortSignal): Promise<void> {
  while (isLocked(file) && !stop.aborted) await sleep(200);
}

/** Whether a process holds a POSIX lock on the file, as a running Terraform does while it may write its state. */
export function isLocked(file: string): boolean {
  if (!existsSync(file)) return false;
  const inode = `:${statSync(file).ino} `;
  return readFileSync('/proc/locks', 'utf8')
    .split('\n')
    .some((line) => line.includes(' POSIX ') && line.includes(inode));
}

/** Undefined if there is no such file, or it is no whole state. */
function wholeState(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8');
    return parseState(text) && text;
  } catch {
    return undefined;
  }
}

/** Names of the bridges that the state has on a node; undefined if there is no whole state. */
export function bridgesInState(file: string, nodeName: string): ReadonlySet<string> | undefined {
  const state = readState(file);
  // Terraform makes an empty file first.
  if (state === undefined) return statSync(file, { throwIfNoEntry: false })?.size ? undefined : new Set();
  const bridges = state.filter(
    ({ type, attributes }) =>
      resourceKind({ type }) === 'network_linux_bridge' &&
      attributes.node_name === nodeName &&
      attributes.name,
  );
  return new Set(bridges.map(({ attributes }) => String(attributes.name)));
}

/** Whether the state has anything on the node. What only asks the node before anything is made is not there. */
export function isDeployed(file: string): boolean {
  return (readState(file) ?? []).some(({ mode, type }) => mode === 'managed' && type !== 'terraform_data');
}
