import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { writeWholeFileSync } from '../../machine/whole-file';
import { ApiError } from '../base/api-error';
import { DirectoryNames } from '../base/directory-names';
import { fileVersion } from '../base/file-version';
import { mendGuardedFile, removeCopy, removeGuardedFile, writeGuardedFile } from '../base/guarded-file';
import { readStateFile } from '../base/state-file';
import { emptyConfig, formatGuestConfig, type GuestConfig, parseGuestConfig } from '../formats/guest-config';
import { textOf } from '../formats/option-values';

/** What a guest's file holds, or why it cannot be read. */
export type ReadGuest =
  | { readonly config: GuestConfig; readonly fault?: undefined }
  | { readonly fault: string; readonly config?: undefined };

/** How long lists take what was read of a file for what it holds, milliseconds. */
const TRUSTED = 1000;

/** What tells the files of one kind of guest from another's. */
export interface GuestKind {
  /** Of its files below STATE/etc/pve. */
  readonly directory: 'qemu-server' | 'lxc';
  /** What Proxmox VE calls one. */
  readonly noun: 'VM' | 'CT';
  readonly parse: (text: string) => GuestConfig;
}

export const MACHINES: GuestKind = {
  directory: 'qemu-server',
  noun: 'VM',
  parse: (text) => parseGuestConfig(text),
};

/** The configuration files of the guests of one kind, STATE/etc/pve/qemu-server/<vmid>.conf. The files are the truth. */
export class GuestStore {
  private readonly directory: string;
  /** What was read, as long as the file is the same. */
  private readonly cache = new Map<
    number,
    { readonly version: string | undefined; readonly read: ReadGuest }
  >();
  private readonly names = new DirectoryNames();
  private listed: { readonly names: readonly string[]; readonly vmids: readonly number[] } = {
    names: [],
    vmids: [],
  };
  /** When all files were last looked at, by performance.now(). */
  private looked = Number.NEGATIVE_INFINITY;

  constructor(
    stateDir: string,
    readonly nodeName: string,
    private readonly kind: GuestKind = MACHINES,
  ) {
    this.directory = join(stateDir, 'etc', 'pve', kind.directory);
  }

  /** Makes the directory and removes files that a crash left half written. */
  start(): void {
    mkdirSync(this.directory, { recursive: true });
    for (const name of readdirSync(this.directory)) {
      // Of writeWholeFile(). All else is somebody's, such as a file put aside by hand.
      if (/^\d+\.conf\.[\d.]+\.new$/.test(name)) rmSync(join(this.directory, name), { force: true });
    }
  }

  /** Puts last good copies in the place of files that are damaged. One without a copy stays, and is told by broken(). */
  async mend(logger: Logger): Promise<void> {
    for (const vmid of this.vmids()) {
      try {
        // What is read here is kept, for all that the start has to do with each guest.
        const file = statSync(this.path(vmid), { throwIfNoEntry: false });
        const config = await mendGuardedFile(this.path(vmid), this.kind.parse, logger);
        const version = file && fileVersion(file);
        if (config && version !== undefined) this.cache.set(vmid, { version, read: { config } });
      } catch (err) {
        logger.error({ vmid, err }, 'the file of a guest cannot be mended');
      }
    }
  }

  vmids(): readonly number[] {
    const names = this.names.of(this.directory);
    if (this.listed.names !== names) {
      const numbers = names.map((name) => Number(/^(\d+)\.conf$/.exec(name)?.[1] ?? 0));
      this.listed = { names, vmids: numbers.filter((vmid) => vmid > 0).sort((a, b) => a - b) };
    }
    return this.listed.vmids;
  }

  /**
   * All guests, for lists. What this node changes shows at once; what others write into a file within a second, for
   * looking at each of a thousand files takes longer than the rest of a list.
   */
  *all(): Iterable<readonly [number, ReadGuest]> {
    const vmids = this.vmids();
    const trusts = performance.now() - this.looked < TRUSTED;
    if (!trusts) this.looked = performance.now();
    for (const vmid of vmids) {
      const read = (trusts ? this.cache.get(vmid)?.read : undefined) ?? this.read(vmid);
      if (read) yield [vmid, read];
    }
  }

  has(vmid: number): boolean {
    return statSync(this.path(vmid), { throwIfNoEntry: false }) !== undefined;
  }

  /** Undefined if there is no such guest. Throws 500 if its file cannot be read. */
  find(vmid: number): GuestConfig | undefined {
    const read = this.read(vmid);
    if (read?.fault !== undefined) throw new ApiError(500, read.fault);
    return read?.config;
  }

  /** All guests whose files can be read: one that cannot is no reason to leave the others alone. */
  *readable(): Iterable<readonly [number, GuestConfig]> {
    for (const vmid of this.vmids()) {
      const config = this.read(vmid)?.config;
      if (config) yield [vmid, config];
    }
  }

  /** The guests whose files cannot be read, with the reason. */
  *broken(): Iterable<readonly [number, string]> {
    for (const vmid of this.vmids()) {
      const fault = this.read(vmid)?.fault;
      if (fault !== undefined) yield [vmid, fault];
    }
  }

  /** Does the guest's file speak of `text` anywhere? Also where it cannot be read otherwise; true if not at all. */
  mentions(vmid: number, text: string): boolean {
    try {
      return readFileSync(this.path(vmid)).includes(text);
    } catch {
      return this.has(vmid);
    }
  }

  /** Undefined if there is no such guest. */
  read(vmid: number): ReadGuest | undefined {
    const path = this.path(vmid);
    const file = statSync(path, { throwIfNoEntry: false });
    if (!file) {
      this.cache.delete(vmid);
      return undefined;
    }
    const version = fileVersion(file);
    const cached = this.cache.get(vmid);
    if (cached && version !== undefined && cached.version === version) return cached.read;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      return this.unreadable(vmid, path, cause); // not kept: another time it may be read
    }
    const read = this.parsed(vmid, path, text);
    this.cache.set(vmid, { version, read });
    return read;
  }

  /** What lines of a file that cannot be read as a whole still say of the guest itself, word by word. */
  remains(vmid: number): GuestConfig {
    let text = '';
    try {
      text = readFileSync(this.path(vmid), 'utf8');
    } catch {} // nothing remains
    const lines = text.replace(/^\[.*/ms, '').matchAll(/^(lock|protection): *(\w+)$/gm);
    return emptyConfig(new Map([...lines].map(([, name = '', value = '']) => [name, value])));
  }

  /** Throws 500 "Configuration file ... does not exist". */
  get(vmid: number): GuestConfig {
    const config = this.find(vmid);
    if (!config) {
      throw new ApiError(
        500,
        `Configuration file 'nodes/${this.nodeName}/${this.kind.directory}/${vmid}.conf' does not exist`,
      );
    }
    return config;
  }

  /** Throws "unable to find configuration file for VM ..." as tasks and clones do. */
  requireOnNode(vmid: number): void {
    if (this.has(vmid)) return;
    throw new ApiError(500, `unable to find configuration file for VM ${vmid} on node '${this.nodeName}'`);
  }

  /** The refusal of a vmid that a guest has already. */
  taken(vmid: number): ApiError {
    const message = `${this.kind.noun} ${vmid} already exists on node '${this.nodeName}'`;
    return new ApiError(500, this.kind.noun === 'VM' ? `unable to create VM ${vmid} - ${message}` : message);
  }

  /**
   * Takes a vmid for a guest that is to be made; false if it is taken. Its first file, which holds the lock alone, is
   * another name of one that lies on the disk already: it is whole at any moment, and nothing has to wait for the disk.
   */
  reserve(vmid: number, lock: 'create' | 'clone'): boolean {
    const path = this.path(vmid);
    try {
      if (!this.has(vmid)) removeCopy(path); // of a guest whose file somebody removed by hand
      linkSync(this.lockFile(lock), path); // unlike rename(), fails where the name is taken
      return true;
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw fault;
    }
  }

  async write(vmid: number, config: GuestConfig): Promise<void> {
    try {
      await writeGuardedFile(this.path(vmid), formatGuestConfig(config));
    } finally {
      this.cache.delete(vmid); // the file may be the new one whatever failed
    }
  }

  remove(vmid: number): void {
    removeGuardedFile(this.path(vmid));
    this.cache.delete(vmid);
  }

  /** Made once, and again where it is not what it should be. */
  private lockFile(lock: 'create' | 'clone'): string {
    const path = join(this.directory, '..', `.reserved-${lock}`);
    const text = `lock: ${lock}\n`;
    if (readStateFile(path) !== text) writeWholeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  private parsed(vmid: number, path: string, text: string): ReadGuest {
    try {
      return { config: this.kind.parse(text) };
    } catch (cause) {
      return this.unreadable(vmid, path, cause);
    }
  }

  private unreadable(vmid: number, path: string, cause: unknown): ReadGuest {
    const reason = cause instanceof Error ? cause.message.replaceAll('\n', ', ') : String(cause);
    return { fault: `configuration of ${this.kind.noun} ${vmid} in ${path} cannot be read: ${reason}` };
  }

  private path(vmid: number): string {
    return join(this.directory, `${vmid}.conf`);
  }
}

/** Throws 500 "VM is locked (...)". */
export function refuseLocked(config: GuestConfig, noun: GuestKind['noun'] = 'VM'): void {
  const lock = textOf(config.values, 'lock');
  if (lock !== undefined) throw new ApiError(500, `${noun} is locked (${lock})`);
}
