import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process, told from a later one under the same pid by the time at which it started (clock ticks since boot). */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTicks: number;
}

/** The fields of /proc/<pid>/stat after the name (which may hold spaces and brackets); undefined = no such process. */
export function processStat(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Undefined if there is no such process, or only its zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = processStat(pid);
  if (!stat || stat[0] === 'Z' || stat[0] === 'X') return undefined;
  return { pid, startTicks: Number(stat[19]) };
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.startTicks === process.startTicks;
}

/** Told from every process of every boot of this machine. */
export interface BootedProcess extends ProcessIdentity {
  readonly boot: string;
}

export function thisProcess(): BootedProcess {
  const own = identify(process.pid);
  if (!own) throw new Error('/proc does not show this process');
  return { ...own, boot: bootId() };
}

/** Whether a process that somebody wrote down is still there: on this machine, and in this boot of it. */
export function isStillThere({ boot, ...process }: BootedProcess): boolean {
  return boot === bootId() && isAlive(process);
}

/** Pids and times since boot come again after the next boot. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** Sends a signal to this very process; nothing happens if it has gone. */
export function signal(target: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(target)) return;
  try {
    process.kill(target.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits until the process has gone; false if it is still there after `timeout` milliseconds. */
export async function waitForEnd(target: ProcessIdentity, timeout: number): Promise<boolean> {
  const deadline = performance.now() + timeout;
  while (isAlive(target)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

/** Identity of a namespace of a process, for example user:[4026532290]; undefined if it cannot be seen. */
export function namespaceOf(pid: number | 'self', kind: 'user' | 'net' | 'mnt'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** The pids of this machine's processes. */
export function pids(): number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
}

/** All processes in a user namespace, whatever their network namespace. */
export function processesIn(userNamespace: string): ProcessIdentity[] {
  return pids()
    .filter((pid) => namespaceOf(pid, 'user') === userNamespace)
    .flatMap((pid) => identify(pid) ?? []);
}

export function parentOf(pid: number): number | undefined {
  const stat = processStat(pid);
  return stat && Number(stat[1]);
}

/** Empty if there is no such process. */
export function programName(pid: number | undefined): string {
  return readText(`/proc/${pid}/comm`).trim();
}

/** All processes below `pid`, with the names of their programs. */
export function descendants(pid: number): readonly { readonly pid: number; readonly name: string }[] {
  const found: { pid: number; name: string }[] = [];
  for (const child of childrenOf(pid)) {
    found.push({ pid: child, name: programName(child) }, ...descendants(child));
  }
  return found;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readText(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Processes whose command line names `text`; this one excepted. */
export function processesNaming(
  text: string,
): readonly { readonly pid: number; readonly commandLine: string }[] {
  return pids()
    .filter((pid) => pid !== process.pid)
    .map((pid) => ({ pid, commandLine: readText(`/proc/${pid}/cmdline`).split('\0').join(' ').trim() }))
    .filter(({ commandLine }) => commandLine.includes(text));
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
