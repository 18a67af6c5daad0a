import { createHash } from 'node:crypto';
import { createWriteStream, readdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Dispatcher, fetch, type Response } from 'undici';
import { InputError } from '../config/input-error';
import { absolute, isAddress } from '../config/paths';
import { run } from '../machine/command';
import { webProxy } from '../machine/web-proxy';

/**
 * The official release that fits Debian 13 (PHP 8.4, MariaDB 11.8). Its checksum is published beside it under the same
 * name with .sha256, and is fetched from there: HTTPS vouches for both.
 */
export const DEFAULT_MOODLE_URL = 'https://packaging.moodle.org/stable501/moodle-5.1.3.tgz';

const CONNECT_TIMEOUT_MS = 10_000;

/** What becomes /usr/share/moodle in the template. */
export type MoodleSource =
  | { readonly kind: 'directory' | 'tarball'; readonly path: string; readonly chosen: true }
  | { readonly kind: 'url'; readonly url: string; readonly chosen: boolean };

/** MOODLE_SOURCE: an existing directory or tar file, or an address. Throws InputError if it is none of them. */
export function moodleSource(env: NodeJS.ProcessEnv): MoodleSource {
  const value = env.MOODLE_SOURCE;
  if (!value) return { kind: 'url', url: DEFAULT_MOODLE_URL, chosen: false };
  if (isAddress(value)) return { kind: 'url', url: value, chosen: true };
  const path = absolute(value);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    if (!installer(path)) {
      throw new InputError(
        `MOODLE_SOURCE: ${value} is no Moodle source tree: it has no admin/cli/install.php`,
      );
    }
    return { kind: 'directory', path, chosen: true };
  }
  if (found?.isFile()) return { kind: 'tarball', path, chosen: true };
  throw new InputError(`MOODLE_SOURCE: ${value} is no directory, no file and no http(s) address`);
}

function installer(directory: string): string | undefined {
  return ['admin/cli/install.php', 'public/admin/cli/install.php'].find(
    (path) => statSync(join(directory, path), { throwIfNoEntry: false }) !== undefined,
  );
}

/** A digest that changes when the source does: of names, sizes and times of files, not of their content. */
export function moodleSourceDigest(source: MoodleSource): string {
  const hash = createHash('sha256').update(source.kind);
  if (source.kind === 'url') return hash.update(source.url).digest('hex');
  if (source.kind === 'tarball') {
    const { size, mtimeMs } = statSync(source.path);
    return hash.update(`${source.path}\0${size}\0${mtimeMs}`).digest('hex');
  }
  const visit = (directory: string, prefix: string): void => {
    const entries = readdirSync(directory, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    for (const entry of entries) {
      if (entry.name === '.git') continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) visit(path, `${prefix}${entry.name}/`);
      else if (entry.isFile()) {
        const { size, mtimeMs } = statSync(path);
        hash.update(`${prefix}${entry.name}\0${size}\0${mtimeMs}\n`);
      }
    }
  };
  visit(source.path, '');
  return hash.digest('hex');
}

/**
 * Writes the source as a plain tar file whose top is Moodle's own top directory. Throws with the reason if it cannot
 * be had; a download that does not match its published checksum is an error too.
 */
export async function writeMoodleTar(
  source: MoodleSource,
  tarFile: string,
  signal?: AbortSignal,
): Promise<void> {
  let path = source.kind === 'url' ? `${tarFile}.download` : source.path;
  if (source.kind === 'url') await download(source.url, path, signal);
  if (source.kind !== 'directory') {
    const tree = `${tarFile}.tree`;
    await mkdir(tree);
    await run(['tar', '--extract', '--file', path, '--directory', tree, '--no-same-owner'], { signal });
    const entries = readdirSync(tree);
    const [only] = entries;
    path =
      entries.length === 1 && only && (await stat(join(tree, only))).isDirectory() ? join(tree, only) : tree;
    if (!installer(path)) {
      const name = source.kind === 'url' ? source.url : source.path;
      throw new Error(`${name} holds no Moodle source tree: it has no admin/cli/install.php`);
    }
  }
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mode=u=rwX,go=rX'];
  const tree = ['--directory', path, '--exclude-vcs', ...owner, '--sort=name', '.'];
  await run(['tar', '--create', '--file', tarFile, ...tree], { signal });
}

/** Moodle's release, from the version.php of its tree; null if it says none. */
export function moodleRelease(versionFile: string): string | null {
  return /^\$release\s*=\s*'([^']+)'/m.exec(versionFile)?.[1] ?? null;
}

async function download(url: string, file: string, signal?: AbortSignal): Promise<void> {
  const dispatcher = webProxy();
  try {
    await downloadBy(dispatcher, url, file, signal);
  } finally {
    await dispatcher.destroy();
  }
}

async function downloadBy(
  dispatcher: Dispatcher,
  url: string,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  const get = async (address: string): Promise<Response> => {
    const connecting = new AbortController();
    const timer = setTimeout(() => connecting.abort(), CONNECT_TIMEOUT_MS);
    const signals = signal ? [connecting.signal, signal] : [connecting.signal];
    try {
      const answer = await fetch(address, {
        dispatcher,
        signal: AbortSignal.any(signals),
        redirect: 'follow',
      });
      if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
      return answer;
    } catch (error) {
      if (signal?.aborted) throw error;
      if (connecting.signal.aborted) {
        throw new Error(`${address} did not answer within ${CONNECT_TIMEOUT_MS / 1000} s`);
      }
      const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      throw new Error(`${address} cannot be reached${cause}`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
  const checksums = await (await get(`${url}.sha256`)).text();
  const expected = /\b[0-9a-f]{64}\b/.exec(checksums)?.[0];
  if (!expected) throw new Error(`${url}.sha256 holds no SHA-256 checksum`);
  const answer = await get(url);
  if (!answer.body) throw new Error(`${url} answered without a body`);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(answer.body), hashing, createWriteStream(file), { signal });
  const actual = hash.digest('hex');
  if (actual !== expected)
    throw new Error(`${url} has the SHA-256 ${actual}, its publisher says ${expected}`);
}
