import { readFileSync, readlinkSync } from 'node:fs';
import { type ProcessIdentity, pids, processStat } from '../../../machine/processes';

/** USER_HZ, which the kernel's interface fixes on all of Debian's architectures. */
const TICKS_PER_SECOND = 100;

export interface ProcessFigures {
  readonly uptime: number;
  /** Sums over all processes of the container's PID namespace; of those that have ended only what their parents took. */
  tree(): { readonly cpuSeconds: number; readonly memoryBytes: number };
}

/** Undefined if the container's init has gone. */
export function readProcesses({ pid, startTicks }: ProcessIdentity): ProcessFigures | undefined {
  const stat = processStat(pid);
  if (!stat || Number(stat[19]) !== startTicks) return undefined;
  const sinceBoot = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
  return {
    uptime: Math.max(0, Math.floor(sinceBoot - startTicks / TICKS_PER_SECOND)),
    tree: () => sums(pid),
  };
}

function sums(init: number): { cpuSeconds: number; memoryBytes: number } {
  const own = pidNamespace(init);
  let [ticks, kibibytes] = [0, 0];
  for (const pid of pids()) {
    if (own === undefined || pidNamespace(pid) !== own) continue;
    const stat = processStat(pid);
    if (!stat) continue;
    // User, system, and the same of children that were waited for.
    ticks += [11, 12, 13, 14].reduce((sum, index) => sum + Number(stat[index]), 0);
    kibibytes += Number(/^Pss:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
  }
  return { cpuSeconds: ticks / TICKS_PER_SECOND, memoryBytes: kibibytes * 1024 };
}

function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** The container's traffic: what the node sends into its end of an interface is what the container receives. */
export function vethBytes(vmid: number, netDev: string): { netInBytes: number; netOutBytes: number } {
  let [netInBytes, netOutBytes] = [0, 0];
  for (const line of netDev.split('\n')) {
    const [name = '', counters = ''] = line.trim().split(/:\s*/);
    if (!new RegExp(`^veth${vmid}i\\d+$`).test(name)) continue;
    const numbers = counters.split(/\s+/).map(Number);
    netOutBytes += numbers[0] ?? 0;
    netInBytes += numbers[8] ?? 0;
  }
  return { netInBytes, netOutBytes };
}

/** The node's ends of a container's interfaces, in the text of /proc/net/dev. */
export function vethsOf(vmid: number, netDev: string): string[] {
  const names = [...netDev.matchAll(/^\s*([^:\s]+):/gm)].map(([, name = '']) => name);
  return names.filter((name) => name.startsWith(`veth${vmid}i`));
}
