import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One file for each guest that is meant to run, so that they run again after a crash of the whole machine. */
export class RunMarkers {
  private readonly directory: string;

  constructor(stateDir: string) {
    this.directory = join(stateDir, 'run', 'guests');
  }

  /** vmids of those that are marked. */
  async all(): Promise<ReadonlySet<number>> {
    await mkdir(this.directory, { recursive: true });
    return new Set((await readdir(this.directory)).map(Number));
  }

  async mark(vmid: number): Promise<void> {
    await mkdir(this.directory, { recursive: true });
    await writeFile(join(this.directory, String(vmid)), '');
  }

  async unmark(vmid: number): Promise<void> {
    await rm(join(this.directory, String(vmid)), { force: true });
  }

  async clear(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
    await mkdir(this.directory, { recursive: true });
  }
}
