/**
 * Files of the node's state that nothing else can make again: users, storages, the network, keys, guests. Beside each lies a
 * copy of what was last known to be good, .good/<name>, with a checksum. A file that is damaged is put aside under
 * another name, and the copy takes its place. A change by hand is no damage, unless it only cuts off the end.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Logger } from 'pino';
import { readStateFile, writeStateFile, writeStateFiles } from './state-file';

/** Writes the file and its copy. */
export async function writeGuardedFile(path: string, content: string): Promise<void> {
  // The copy takes its place first: what a kill leaves between the two is then the older file, whole, or taken for one
  // cut off and replaced by the newer. Both texts are on disk before either has its name, so that an end of the power
  // leaves whole files too. Should it leave the names in the other order, the newer file goes before the older copy, or
  // is taken for a cut-off one and replaced by it: nobody has been told yet that it was written.
  await writeStateFiles([
    [copyOf(path), guarded(content)],
    [path, content],
  ]);
}

export function removeGuardedFile(path: string): void {
  removeCopy(path); // first: a copy alone would bring the file back
  rmSync(path, { force: true });
}

/**
 * What `parse` makes of the file, which throws if it is damaged. If so, or if the file is cut off or lost, the damage
 * is logged and the last good copy is used. Undefined if there is none either.
 */
export async function readGuardedFile<T>(
  path: string,
  parse: (text: string) => T,
  logger: Logger,
): Promise<T | undefined> {
  const text = readStateFile(path);
  const copy = goodCopy(path);
  if (text === undefined && copy === undefined) return undefined;
  try {
    const value = parse(whole(path, text, copy));
    if (text !== undefined && text !== copy) await writeCopy(path, text);
    return value;
  } catch (cause) {
    const damage = `${path} is damaged (${(cause as Error).message})${keptAside(path, text)}`;
    if (copy === undefined) {
      logger.error(`${damage}; there is no good copy: going on without`);
      return undefined;
    }
    logger.error(`${damage}; its last good copy takes its place`);
    const value = parse(copy);
    await writeStateFile(path, copy);
    return value;
  }
}

/**
 * For a file that is read later, and that one may remove by hand: puts the last good copy in its place if it is
 * damaged. One that is lost stays so, and one without a good copy stays as it is. What `parse` made of the file, if that
 * was whole.
 */
export async function mendGuardedFile<T>(
  path: string,
  parse: (text: string) => T,
  logger: Logger,
): Promise<T | undefined> {
  const text = readStateFile(path);
  const copy = goodCopy(path);
  if (text === undefined) return undefined;
  let value: T;
  try {
    value = parse(whole(path, text, copy));
  } catch (cause) {
    if (copy === undefined) return undefined;
    parse(copy);
    const damage = `${path} is damaged (${(cause as Error).message})${keptAside(path, text)}`;
    logger.error(`${damage}; its last good copy takes its place`);
    await writeStateFile(path, copy);
    return undefined;
  }
  if (text !== copy) await writeCopy(path, text);
  return value;
}

/** Forgets the copy of a file that was there before under this name. */
export function removeCopy(path: string): void {
  rmSync(copyOf(path), { force: true });
}

/** Throws unless the text is whole as far as that shows without knowing its format. */
function whole(path: string, text: string | undefined, copy: string | undefined): string {
  if (text === undefined) throw new Error('it is lost');
  if (text === copy) return text;
  if (copy?.startsWith(text)) throw new Error(`it ends after ${text.length} of ${copy.length} characters`);
  if (text.includes('\0') || !isUtf8(readFileSync(path))) throw new Error('it holds what is no text');
  if (text !== '' && !text.endsWith('\n')) throw new Error('its last line is cut off');
  return text;
}

function keptAside(path: string, text: string | undefined): string {
  return text === undefined ? '' : `, it is kept as ${putAside(path)}`;
}

/** The first free name of path.damaged, path.damaged.1, ... */
function putAside(path: string): string {
  for (let count = 0; ; count += 1) {
    const aside = `${path}.damaged${count === 0 ? '' : `.${count}`}`;
    if (existsSync(aside)) continue;
    linkSync(path, aside); // unlike rename(), never replaces a file
    rmSync(path);
    return aside;
  }
}

function copyOf(path: string): string {
  return join(dirname(path), '.good', basename(path));
}

async function writeCopy(path: string, content: string): Promise<void> {
  await writeStateFile(copyOf(path), guarded(content));
}

function guarded(content: string): string {
  return `sha256 ${checksum(content)}\n${content}`;
}

/** Undefined if there is none, or it is damaged itself. */
function goodCopy(path: string): string | undefined {
  const [, sum, content] = /^sha256 ([0-9a-f]{64})\n(.*)$/s.exec(readStateFile(copyOf(path)) ?? '') ?? [];
  return content !== undefined && sum === checksum(content) ? content : undefined;
}

function checksum(content: string): string {
  return createHash('sha256').update(content).digest('hex');
}
