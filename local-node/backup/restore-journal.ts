/**
 * The volumes of a restore over a guest that exists, until it is done: a node that is killed meanwhile finds them at its
 * next start, removes them and takes the lock off the guest, which is still the old one.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeWholeFileSync } from '../../machine/whole-file';

export interface CutOffRestore {
  readonly vmid: number;
  readonly volids: readonly string[];
}

export class RestoreJournal {
  private readonly directory: string;

  constructor(stateDir: string) {
    this.directory = join(stateDir, 'etc', 'restores');
  }

  /** Before anything is made under these names. */
  write(vmid: number, volids: readonly string[]): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    writeWholeFileSync(this.path(vmid), volids.map((volid) => `${volid}\n`).join(''), { mode: 0o600 });
  }

  end(vmid: number): void {
    rmSync(this.path(vmid), { force: true });
  }

  cutOff(): CutOffRestore[] {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    return readdirSync(this.directory).flatMap((name) => {
      const vmid = Number(/^(\d+)$/.exec(name)?.[1] ?? 0);
      if (vmid === 0) return [];
      const volids = readFileSync(this.path(vmid), 'utf8').split('\n');
      return [{ vmid, volids: volids.filter((volid) => volid !== '') }];
    });
  }

  private path(vmid: number): string {
    return join(this.directory, String(vmid));
  }
}
