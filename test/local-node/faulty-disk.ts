import fs from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

type Call = (...all: never[]) => unknown;

/** What changes a file system, by the objects that have it; the first argument is a path, or what is open. */
const CHANGES = {
  sync: [
    'openSync',
    'writeSync',
    'writeFileSync',
    'renameSync',
    'mkdirSync',
    'linkSync',
    'fsyncSync',
    'rmSync',
  ],
  callback: ['open', 'write', 'writev'],
  promise: ['open', 'writeFile', 'rename', 'mkdir', 'link', 'copyFile', 'truncate', 'rm'],
  handle: ['write', 'writeFile', 'sync', 'truncate', 'chmod'],
} as const;
/** What needs a descriptor all the same. */
const READS = { sync: ['readFileSync'], promise: ['readFile'] } as const;

/** A disk under `directory` on which one of the coming operations fails. */
export class FaultyDisk {
  private count = 0;
  private faultAt = -1;
  private code = 'EIO';
  private armed = false;
  private full = false;
  /** Whether the fault came. */
  struck = '';

  private constructor(private readonly directory: string) {}

  static async under(directory: string): Promise<FaultyDisk> {
    const disk = new FaultyDisk(directory);
    const handle = await open('/dev/null');
    await handle.close();
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    disk.replace(fs, CHANGES.sync, 'throw');
    disk.replace(fs, READS.sync, 'throw');
    disk.replace(fs, CHANGES.callback, 'callback');
    disk.replace(fs.promises, CHANGES.promise, 'reject');
    disk.replace(fs.promises, READS.promise, 'reject');
    disk.replace(prototype, CHANGES.handle, 'reject');
    return disk;
  }

  /** Runs `work`, whose operation number `at` fails with `code`. The count of its operations. */
  async during(at: number, code: string, work: () => Promise<unknown>): Promise<number> {
    Object.assign(this, { count: 0, faultAt: at, code, struck: '', armed: true });
    try {
      await work();
    } finally {
      this.armed = false;
    }
    return this.count;
  }

  /** As during(), but nothing takes data any more from that operation on: the disk stays full. */
  async fullFrom(at: number, work: () => Promise<unknown>): Promise<void> {
    this.full = true;
    await this.during(at, 'ENOSPC', work).finally(() => {
      this.full = false;
    });
  }

  private replace(owner: object, names: readonly string[], way: 'throw' | 'callback' | 'reject'): void {
    const methods = owner as Record<string, Call>;
    const disk = this;
    for (const name of names) {
      const real = methods[name] as Call;
      jest.spyOn(methods, name).mockImplementation(function (this: unknown, ...all: never[]) {
        const fault = disk.strikes(name, all[0]);
        if (!fault) return real.apply(this, all);
        if (way === 'throw') throw fault;
        if (way === 'reject') return Promise.reject(fault);
        const done = all.at(-1) as unknown as (error: Error) => void;
        return process.nextTick(done, fault);
      });
    }
  }

  private strikes(name: string, target: unknown): Error | undefined {
    const elsewhere =
      typeof target === 'string' ? !target.startsWith(this.directory) : target === 1 || target === 2;
    if (!this.armed || elsewhere) return undefined;
    this.count += 1;
    const data = /^(write|f?sync|copyFile)/.test(name);
    if (this.full ? !data || this.count <= this.faultAt : this.count - 1 !== this.faultAt) return undefined;
    this.struck = name;
    const message = `${this.code}: the disk says no, ${name}`;
    return Object.assign(new Error(message), { code: this.code, syscall: name });
  }
}
