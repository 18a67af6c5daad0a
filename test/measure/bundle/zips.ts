/** Zips that no bundle is: written by yazl, and changed where yazl would refuse. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Options, ZipFile } from 'yazl';

export interface TestEntry {
  readonly path: string;
  readonly content: string | Buffer;
  readonly options?: Partial<Options>;
}

export async function writeZip(file: string, entries: readonly TestEntry[], zip64 = false): Promise<string> {
  const archive = new ZipFile();
  for (const { path, content, options } of entries) {
    archive.addBuffer(Buffer.from(content), path, { forceZip64Format: zip64, ...options });
  }
  archive.end(zip64 ? { forceZip64Format: true, comment: '' } : undefined);
  writeFileSync(file, await buffer(archive.outputStream));
  return file;
}

/** The manifest of some entries, as it should be. */
export function manifestOf(entries: readonly TestEntry[]): TestEntry {
  const lines = entries.map(
    ({ path, content }) => `${createHash('sha256').update(content).digest('hex')}  ${path}\n`,
  );
  return { path: 'manifest-sha256.txt', content: lines.join('') };
}

/** A zip of all files in a directory, some with another content, with a manifest that is right. */
export async function zipOf(
  file: string,
  directory: string,
  changes: Readonly<Record<string, string>> = {},
): Promise<string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && each.name !== 'manifest-sha256.txt')
    .map(({ parentPath, name }) => join(parentPath, name).slice(directory.length + 1))
    .map((path) => ({ path, content: changes[path] ?? readFileSync(join(directory, path)) }));
  return writeZip(file, [...entries, manifestOf(entries)]);
}

/** Puts one name in the place of another of the same length, wherever the zip has it. */
export function rename(file: string, from: string, to: string): void {
  expect(to).toHaveLength(from.length);
  const bytes = readFileSync(file).toString('latin1');
  writeFileSync(file, Buffer.from(bytes.replaceAll(from, to), 'latin1'));
}
