import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../config/input-error';
import { writeWholeStream } from '../../machine/whole-stream';
import { type ZipEntry, zip } from '../../machine/zip-writer';
import { analyse } from '../analyse/summary';
import { renderFiles } from '../report/write-report';
import { readRawRun } from '../run/raw-run';
import { runFiles } from './bundle-files';
import { readme } from './bundle-readme';
import { crateMetadata } from './crate';
import { MANIFEST, renderManifest } from './manifest';
import { laboratory, type Publication } from './publication';
import { SecretScan } from './secrets';

export interface WrittenBundle {
  readonly files: number;
  /** Of all files together, before they are packed. */
  readonly bytes: number;
  /** Of the zip. */
  readonly packedBytes: number;
  readonly sha256: string;
  /** Under raw/, and left out as no file of a run. */
  readonly others: readonly string[];
}

/**
 * Writes a run as a research object: one zip of its raw data, results and report, with metadata and checksums. The same
 * run gives the same bytes. Nothing is written where a file holds a secret: InputError, with all such files.
 */
export async function writeBundle(
  directory: string,
  output: string,
  publication: Publication,
  secrets: readonly string[],
): Promise<WrittenBundle> {
  const raw = readRawRun(directory);
  const about = await laboratory();
  const { files, others } = runFiles(directory);
  const measured: Examined[] = [];
  for (const path of files) measured.push(await examine(directory, path, secrets));
  const made = Object.entries({
    ...renderFiles(raw, analyse(raw)),
    'README.md': readme(raw, publication, about),
    'CITATION.cff': about.citation,
  }).map(([path, text]) => examineText(path, text, secrets));
  const examined = [...measured, ...made].sort(byPath);
  const metadata = examineText(
    'ro-crate-metadata.json',
    crateMetadata(raw, examined, publication, about),
    secrets,
  );
  const all = [...examined, metadata].sort(byPath);
  refuseSecrets(all);
  const manifest = renderManifest(new Map(all.map(({ path, sha256 }) => [path, sha256])));
  const entries = [...all, { path: MANIFEST, content: manifest }].sort(byPath);
  const packed = await writePacked(output, entries);
  return { files: all.length, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0), ...packed, others };
}

async function writePacked(
  output: string,
  entries: readonly ZipEntry[],
): Promise<Pick<WrittenBundle, 'packedBytes' | 'sha256'>> {
  const hash = createHash('sha256');
  let packedBytes = 0;
  async function* told(): AsyncGenerator<Buffer> {
    for await (const chunk of zip(entries)) {
      hash.update(chunk);
      packedBytes += chunk.length;
      yield chunk;
    }
  }
  await writeWholeStream(output, told());
  return { packedBytes, sha256: hash.digest('hex') };
}

interface Examined extends ZipEntry {
  readonly bytes: number;
  readonly sha256: string;
  readonly secrets: readonly string[];
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : 1;
}

async function examine(directory: string, path: string, secrets: readonly string[]): Promise<Examined> {
  const file = join(directory, path);
  const hash = createHash('sha256');
  const scan = new SecretScan(secrets);
  let bytes = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    scan.see(chunk);
    bytes += chunk.length;
  }
  return { path, content: { file, bytes }, bytes, sha256: hash.digest('hex'), secrets: [...scan.found] };
}

function examineText(path: string, text: string, secrets: readonly string[]): Examined {
  const content = Buffer.from(text);
  const scan = new SecretScan(secrets);
  scan.see(content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { path, content: text, bytes: content.length, sha256, secrets: [...scan.found] };
}

function refuseSecrets(files: readonly Examined[]): void {
  const found = files.flatMap(({ path, secrets }) => secrets.map((what) => `  ${path} holds ${what}`));
  if (found.length === 0) return;
  throw new InputError(
    `No bundle is written, as it would give away what is secret:\n${found.join('\n')}\nA secret that was given away is to be replaced; then take it out of the file.`,
  );
}
