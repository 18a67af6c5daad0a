/**
 * Containers that somebody has put under STATE/etc/pve/lxc/<vmid>.conf, as a Proxmox VE node may have them beside its
 * virtual machines. They are listed and keep their vmids; none is ever started, changed or removed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from '../base/api-error';
import { DirectoryNames } from '../base/directory-names';
import { parseSize } from '../formats/drive';
import type { GuestRow } from './guest-figures';
import { NODE_CPUS } from './guest-spec';

const MIB = 1024 * 1024;

export class ContainerFiles {
  private readonly directory: string;
  private readonly names = new DirectoryNames();

  constructor(
    stateDir: string,
    private readonly nodeName: string,
  ) {
    this.directory = join(stateDir, 'etc', 'pve', 'lxc');
  }

  vmids(): readonly number[] {
    return this.names
      .of(this.directory)
      .map((name) => Number(/^([1-9]\d+)\.conf$/.exec(name)?.[1] ?? 0))
      .filter((vmid) => vmid > 0)
      .sort((a, b) => a - b);
  }

  has(vmid: number): boolean {
    return this.vmids().includes(vmid);
  }

  /** Throws 500 if a container has the vmid; `what` begins the sentence. */
  requireFree(vmid: number, what = ''): void {
    if (this.has(vmid))
      throw new ApiError(500, `${what}CT ${vmid} already exists on node '${this.nodeName}'`);
  }

  /** The rows of GET lxc. */
  list(): GuestRow[] {
    return this.vmids()
      .map((vmid) => this.row(vmid))
      .filter((row) => row !== undefined);
  }

  /** Throws 500 "Configuration file ... does not exist". */
  status(vmid: number): GuestRow {
    const row = this.row(vmid);
    if (row) return row;
    const file = `nodes/${this.nodeName}/lxc/${vmid}.conf`;
    throw new ApiError(500, `Configuration file '${file}' does not exist`);
  }

  private row(vmid: number): GuestRow | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.directory, `${vmid}.conf`), 'utf8');
    } catch {
      return undefined; // removed since
    }
    const { hostname, memory = '512', swap = '512', cores, rootfs = '', ...rest } = optionsOf(text);
    const size = /(?:^|,)size=(\d+[KMGT]?)(?:,|$)/.exec(rootfs)?.[1];
    const none = { cpu: 0, mem: 0, disk: 0, swap: 0, uptime: 0 };
    return {
      ...{ vmid, type: 'lxc', status: 'stopped', name: hostname ?? `CT${vmid}`, ...none },
      ...{ netin: 0, netout: 0, diskread: 0, diskwrite: 0 },
      cpus: cores === undefined ? NODE_CPUS : Number(cores),
      maxmem: Number(memory) * MIB,
      maxswap: Number(swap) * MIB,
      maxdisk: size === undefined ? 0 : parseSize(size),
      ...(rest.tags ? { tags: rest.tags } : {}),
      ...(rest.lock ? { lock: rest.lock } : {}),
      ...(rest.template === '1' ? { template: 1 } : {}),
    };
  }
}

/** Up to the first section, which is that of a snapshot or of what is pending. */
function optionsOf(text: string): Partial<Record<string, string>> {
  const lines = text.replace(/^\[.*/ms, '').matchAll(/^([a-z]+\d*): *(.*?) *$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
}
