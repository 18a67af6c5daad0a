/**
 * Root file systems of templates, extracted once each and kept by the SHA-256 of their archives in STATE/templates:
 *
 *     <sha256>/root       what the archive holds; nobody changes it
 *     <sha256>/mark       each container's layer over it has a hard link to this file, so that the kernel counts them
 *     <sha256>/facts.json how many bytes were read, and of which files
 */
import { mkdirSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWholeFile } from '../../../machine/whole-file';
import { checksumOf } from '../../base/checksum';

/** A file, told from another that was put in its place. */
interface Archive {
  readonly path: string;
  readonly inode: number;
  readonly size: number;
  /** Milliseconds; no program can set it. */
  readonly changed: number;
}

interface Facts {
  readonly bytes: number;
  readonly archives: readonly Archive[];
}

export interface TemplateBase {
  /** The extracted root file system. */
  readonly root: string;
  readonly mark: string;
  /** Bytes that were read from the archive. */
  readonly bytes: number;
}

interface TemplateBasesUses {
  readonly stateDir: string;
  /** Makes a root file system of an archive; returns the bytes that were read. */
  readonly extract: (archive: string, root: string) => Promise<number>;
  readonly remove: (path: string) => Promise<void>;
}

/** A base that is being made bears this at the end of its name. */
const UNFINISHED = '.new';

export class TemplateBases {
  private readonly directory: string;
  /** Who makes or removes bases, one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly uses: TemplateBasesUses) {
    this.directory = join(uses.stateDir, 'templates');
  }

  /** The file system that bases are on: a link to a mark is on the same. */
  device(): number {
    return statSync(this.uses.stateDir).dev;
  }

  /** Gives `work` the base of an archive, which is made if there is none; it stays at least until `work` is done. */
  use<T>(archive: string, work: (base: TemplateBase, isNew: boolean) => Promise<T>): Promise<T> {
    return this.alone(async () => {
      const known = this.names().find((name) => this.facts(name).archives.some(isSame(archiveAt(archive))));
      const name = known ?? (await checksumOf(archive, 'sha256'));
      const isNew = known === undefined && !this.names().includes(name);
      if (isNew) await this.make(name, archive);
      else if (known === undefined) await this.keepFacts(name, archive, this.facts(name));
      return work({ ...this.at(name), bytes: this.facts(name).bytes }, isNew);
    });
  }

  /** The base whose mark this file is a link to; undefined if it is none. */
  ofMark(mark: string): Pick<TemplateBase, 'root'> | undefined {
    const found = fileAt(mark);
    if (!found?.isFile() || found.nlink < 2) return undefined;
    const name = this.names().find((one) => {
      const own = fileAt(this.at(one).mark);
      return own?.ino === found.ino && own.dev === found.dev;
    });
    return name === undefined ? undefined : this.at(name);
  }

  /** Removes bases over which no layer is left and whose archives have gone, and what a crash left half made. */
  tidy(): Promise<void> {
    return this.alone(async () => {
      for (const name of this.entries().filter((entry) => !this.isNeeded(entry))) {
        await this.uses.remove(join(this.directory, name));
      }
    });
  }

  private isNeeded(entry: string): boolean {
    if (entry.endsWith(UNFINISHED)) return false;
    return (
      (fileAt(this.at(entry).mark)?.nlink ?? 0) > 1 ||
      this.facts(entry).archives.some((one) => isSame(archiveAt(one.path))(one))
    );
  }

  private async make(name: string, archive: string): Promise<void> {
    const place = join(this.directory, name + UNFINISHED);
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    try {
      await this.uses.remove(place);
      await mkdir(place);
      const bytes = await this.uses.extract(archive, join(place, 'root'));
      await writeFile(join(place, 'mark'), `${name}\n`, { mode: 0o600 });
      await this.keepFacts(name + UNFINISHED, archive, { bytes, archives: [] });
      await rename(place, join(this.directory, name));
    } catch (error) {
      await this.uses.remove(place).catch(() => undefined); // the first fault is the one to tell
      throw error;
    }
  }

  private async keepFacts(name: string, archive: string, { bytes, archives }: Facts): Promise<void> {
    const now = archiveAt(archive);
    const others = archives.filter(({ path }) => path !== archive);
    const facts: Facts = { bytes, archives: now ? [...others, now] : others };
    await writeWholeFile(join(this.directory, name, 'facts.json'), JSON.stringify(facts), { mode: 0o600 });
  }

  private at(name: string): Omit<TemplateBase, 'bytes'> {
    return { root: join(this.directory, name, 'root'), mark: join(this.directory, name, 'mark') };
  }

  private facts(name: string): Facts {
    return JSON.parse(readFileSync(join(this.directory, name, 'facts.json'), 'utf8')) as Facts;
  }

  private names(): string[] {
    return this.entries().filter((entry) => !entry.endsWith(UNFINISHED));
  }

  private entries(): string[] {
    try {
      return readdirSync(this.directory);
    } catch {
      return [];
    }
  }

  private alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }
}

function fileAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // it is not there, or lies in a root file system that only its owner may enter
  }
}

function archiveAt(path: string): Archive | undefined {
  const file = fileAt(path);
  return file && { path, inode: file.ino, size: file.size, changed: file.ctimeMs };
}

function isSame(one: Archive | undefined): (other: Archive) => boolean {
  return (other) =>
    one !== undefined &&
    one.path === other.path &&
    one.inode === other.inode &&
    one.size === other.size &&
    one.changed === other.changed;
}
