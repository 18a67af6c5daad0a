import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** QEMU's threads: the guest's CPUs, its disks' requests, and some more. */
const MOST_TASKS = 256;
/** What QEMU takes beside the guest's memory, and the pages of its disks that the kernel keeps for it. */
const BESIDE_BYTES = 1024 ** 3;

interface Limits {
  readonly memoryMiB: number;
}

/**
 * A control group for each guest's QEMU below one that was delegated to the node, so that a QEMU that a guest has taken
 * over takes neither the machine's memory nor its process numbers. Of the limits those are set whose controllers are
 * there. Memory is twice the guest's and 1 GiB, because the kernel counts the cached pages of its disks as well: with
 * less it would write them out more often, and the lab would measure that.
 */
export class GuestCgroups {
  constructor(private readonly directory: string) {}

  /** `argv` in the guest's group, which is made. Throws if it cannot be. */
  enter(vmid: number, { memoryMiB }: Limits, argv: readonly string[]): string[] {
    const group = this.groupOf(vmid);
    this.leave(vmid); // of a node that was killed
    mkdirSync(group);
    const limits = {
      'pids.max': MOST_TASKS,
      'memory.max': 2 * memoryMiB * 1024 ** 2 + BESIDE_BYTES,
    };
    for (const [name, value] of Object.entries(limits)) {
      if (existsSync(join(group, name))) writeFileSync(join(group, name), String(value));
    }
    // It enters before it is QEMU: what a process has taken before is counted where it was.
    return ['sh', '-c', 'echo 0 >"$0" && exec "$@"', join(group, 'cgroup.procs'), ...argv];
  }

  /** Removes the group of a guest that has ended; nothing happens if there is none. */
  leave(vmid: number): void {
    try {
      rmdirSync(this.groupOf(vmid));
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'ENOENT') throw fault;
    }
  }

  private groupOf(vmid: number): string {
    return join(this.directory, `pve-lab-${vmid}`);
  }
}
