/**
 * An uplink of the node's namespace to the machine's network, by a program that needs no root: pasta, else slirp4netns.
 * Both give the namespace one more interface with the same addresses; behind it the program itself opens connections on
 * the machine, as any of the user's programs would. Nothing comes in by it, and the machine's loopback is not behind it.
 */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Uplink } from '../../config/target';
import { identify, type ProcessIdentity, signal, waitForEnd } from '../../machine/processes';
import { writeWholeFile } from '../../machine/whole-file';
import { readStateFile } from '../base/state-file';
import type { Namespace } from './namespace';

export const UPLINK_INTERFACE = 'wayout';
/** slirp4netns has these by default; pasta is given them, which would otherwise take the machine's own. */
const ADDRESS = '10.0.2.100';
const GATEWAY = '10.0.2.2';
/** Forwards to the machine's own resolver, one on its loopback too. */
export const UPLINK_NAMESERVER = '10.0.2.3';
/** Milliseconds until the interface has its route; it takes some 100. */
const START_TIMEOUT = 5_000;

/**
 * Only what leaves by the interface is translated. A translation makes the kernel follow all connections; those between
 * the bridges are excepted, so that measured packets take the way that they take without it.
 */
const RULES = `table ip way_out
delete table ip way_out
table ip way_out {
  chain untracked {
    type filter hook prerouting priority raw
    iifname != "${UPLINK_INTERFACE}" fib daddr oifname != "${UPLINK_INTERFACE}" notrack
  }
  chain translated {
    type nat hook postrouting priority srcnat
    oifname "${UPLINK_INTERFACE}" masquerade
  }
}
`;

type Tool = 'pasta' | 'slirp4netns';

interface UplinkRecord {
  readonly tool: Tool;
  readonly process: ProcessIdentity;
}

/**
 * Makes the uplink, or finds the one that an earlier process of the node has left. Never fails: without one the node
 * is as good, and the answer says why there is none. `tools` are tried in their order.
 */
export async function ensureUplink(
  namespace: Namespace,
  stateDir: string,
  tools: readonly Tool[] = ['pasta', 'slirp4netns'],
): Promise<Uplink> {
  const reasons: string[] = [];
  try {
    // Without it no answer would find back to a guest.
    await namespace.run(['nft', '-f', '-'], { input: RULES });
    const left = readRecord(stateDir);
    if (left && (await hasRoute(namespace))) return { tool: left.tool };
    await endUplink(stateDir);
    if (!machineHasRoute()) return { reason: 'this machine has no default IPv4 route' };
    for (const tool of tools) {
      const fault = await start(tool, namespace, stateDir);
      if (fault === undefined) return { tool };
      reasons.push(fault);
    }
  } catch (error) {
    reasons.push((error as Error).message);
  }
  return { reason: reasons.join('; ') };
}

/** Ends the program, also one that an earlier process of the node started. */
export async function endUplink(stateDir: string): Promise<void> {
  const process = readRecord(stateDir)?.process;
  if (process) {
    // It keeps nothing that an orderly end would save.
    signal(process, 'SIGKILL');
    if (!(await waitForEnd(process, 10_000))) {
      throw new Error(`process ${process.pid}, the guests' uplink, does not end although killed`);
    }
  }
  rmSync(recordFile(stateDir), { force: true });
}

/** Returns what was in the way, undefined if nothing was. */
async function start(tool: Tool, namespace: Namespace, stateDir: string): Promise<string | undefined> {
  const { argv0, args } = commandLine(tool, namespace.holder.pid, stateDir);
  // Not by zx: it outlives this process, and its argv[0] names its node.
  const child = spawn(tool, args, { argv0, detached: true, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let ended: string | undefined;
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => {
    words = `${words}${chunk}`.slice(-2000);
  });
  child.on('error', (error: NodeJS.ErrnoException) => {
    ended = error.code === 'ENOENT' ? 'not installed' : error.message;
  });
  child.on('close', (code, by) => {
    ended ??= `ended by ${by ?? `exit code ${code}`}: ${lastWords(words)}`;
  });
  const process = child.pid === undefined ? undefined : identify(child.pid);
  if (process) await writeWholeFile(recordFile(stateDir), JSON.stringify({ tool, process }), { mode: 0o600 });
  const deadline = performance.now() + START_TIMEOUT;
  while (ended === undefined && performance.now() < deadline) {
    if (await hasRoute(namespace)) {
      child.stderr.destroy();
      child.unref();
      return undefined;
    }
    await sleep(20);
  }
  await endUplink(stateDir);
  return `${tool}: ${ended ?? `not ready after ${START_TIMEOUT} ms: ${lastWords(words)}`}`;
}

/** Each command line names the state directory, by which its processes are told from those of other nodes. */
function commandLine(tool: Tool, holder: number, stateDir: string): { argv0: string; args: string[] } {
  const [user, net] = [`/proc/${holder}/ns/user`, `/proc/${holder}/ns/net`];
  if (tool === 'slirp4netns') {
    const args = ['--configure', '--disable-host-loopback', '--mtu=1500', `--userns-path=${user}`];
    return { argv0: `slirp4netns ${stateDir}`, args: [...args, '--netns-type=path', net, UPLINK_INTERFACE] };
  }
  const args = ['--foreground', '--quiet', '--pid', join(stateDir, 'run', 'pasta.pid')];
  // As root it would become nobody, who may not enter the namespace.
  if (process.getuid?.() === 0) args.push('--runas', '0');
  args.push('--userns', user, '--netns', net, '--ns-ifname', UPLINK_INTERFACE, '--config-net', '--ipv4-only');
  args.push(
    '--address',
    ADDRESS,
    '--netmask',
    '24',
    '--gateway',
    GATEWAY,
    '--dns-forward',
    UPLINK_NAMESERVER,
  );
  // No port of the one side is open on the other, and the gateway's address is not the machine's loopback.
  args.push('--no-map-gw', '-t', 'none', '-u', 'none', '-T', 'none', '-U', 'none');
  return { argv0: 'pasta', args };
}

async function hasRoute(namespace: Namespace): Promise<boolean> {
  const routes = await namespace.run(['ip', '-4', 'route', 'show', 'default']);
  return routes.includes(`dev ${UPLINK_INTERFACE}`);
}

function machineHasRoute(): boolean {
  const routes = readFileSync('/proc/net/route', 'utf8').split('\n').slice(1);
  return routes
    .map((line) => line.split('\t'))
    .some((field) => field[1] === '00000000' && field[7] === '00000000');
}

function recordFile(stateDir: string): string {
  return join(stateDir, 'run', 'way-out.json');
}

function readRecord(stateDir: string): UplinkRecord | undefined {
  const text = readStateFile(recordFile(stateDir));
  return text === undefined ? undefined : (JSON.parse(text) as UplinkRecord);
}

function lastWords(text: string): string {
  // Where there is no system logger, pasta says so before each line.
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/bytes to syslog/.test(line));
  return lines.slice(-2).join(' ') || 'it said nothing';
}
