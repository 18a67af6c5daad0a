import { setTimeout as sleep } from 'node:timers/promises';
import { loadRole } from '../config';
import type { Guest } from '../config/lab';
import type { Role } from '../config/role';
import { type ApiClient, ApiError } from './api-client';
import { keepEvidence } from './boot-evidence';
import { cloudInitState } from './cloud-init-state';
import {
  ExecTimeoutError,
  type GuestAccess,
  GuestAccessError,
  guestInWords,
  guestPath,
} from './guest-access';
import { GuestAgent } from './guest-agent';
import { GuestNotReadyError } from './guest-not-ready';

/** A guest whose cloud-init has finished. */
export interface Readiness {
  /** Whether the application is there and its page came; false only where that is allowed. */
  readonly installed: boolean;
  readonly version: string | null;
  /** Why the application is not installed. */
  readonly reason: string | null;
  /** From the call until ready. */
  readonly seconds: number;
}

export type WatchedGuest = Pick<Guest, 'name' | 'role' | 'kind' | 'vmid' | 'address' | 'node'>;

export interface Clock {
  /** Milliseconds from any fixed origin. */
  now(): number;
  sleep(milliseconds: number): Promise<unknown>;
}

export const systemClock: Clock = { now: () => performance.now(), sleep };

export interface ReadinessOptions {
  readonly timeoutSeconds: number;
  /** The way into the guest. Default its guest agent, which only a VM has. */
  readonly access?: GuestAccess;
  /** True makes a guest without its application an error. */
  readonly requireApplication: boolean;
  /** Directory in which a picture and the serial console of a guest that does not become ready are kept. */
  readonly evidence?: string;
  /** Called whenever what the guest is waiting for changes. */
  readonly onProgress?: (step: string, elapsedSeconds: number) => void;
  /** Seconds between looks at the guest. Default 2. */
  readonly pollSeconds?: number;
  readonly clock?: Clock;
}

/** What the install script leaves in /var/lib/lab/status.json. */
interface InstallStatus {
  readonly application: string;
  readonly installed: boolean;
  readonly version: string | null;
  readonly reason: string | null;
}

/** One look at a guest: finished, or what it is waiting for. */
type Look = { readonly ready: Omit<Readiness, 'seconds'> } | { readonly waitingFor: string };

const agentAbsent = 'the guest agent to answer';
/** Without the agent nothing can be seen from here. */
const hint =
  "; look at the VM's console: it does not boot, or its image lacks qemu-guest-agent and the guest has no way to its packages";

/** How long the node itself may be out of reach (a restart of its API, say) before waiting on makes no sense. */
const unreachableSeconds = 60;

/**
 * Waits until a guest's agent answers, cloud-init has finished without errors, the install script has said what it
 * did, and the application's front page comes with its title. Works for the first boot and for every later one.
 * Throws GuestNotReadyError as soon as that cannot happen any more, and after `timeoutSeconds` with what was last seen.
 */
export async function waitUntilReady(
  client: ApiClient,
  guest: WatchedGuest,
  options: ReadinessOptions,
): Promise<Readiness> {
  try {
    return await watch(client, guest, options);
  } catch (error) {
    if (!(error instanceof GuestNotReadyError) || options.evidence === undefined) throw error;
    if (error.reason === 'guest-vanished' || error.reason === 'node-unreachable') throw error;
    // A container has neither screen nor serial console; the end of its log is in the error.
    if (guest.kind === 'container') throw error;
    const running = error.reason !== 'guest-stopped';
    throw error.with(await keepEvidence(client, guest, { directory: options.evidence, running }));
  }
}

async function watch(client: ApiClient, guest: WatchedGuest, options: ReadinessOptions): Promise<Readiness> {
  const clock = options.clock ?? systemClock;
  const access = options.access ?? new GuestAgent(client, guest, clock.sleep);
  const start = clock.now();
  const elapsed = () => (clock.now() - start) / 1000;
  let lastSeen = '';
  let lastReached = start;

  for (;;) {
    let seen: string;
    try {
      const look = await lookAt(client, access, guest, options);
      if ('ready' in look) return { ...look.ready, seconds: elapsed() };
      seen = look.waitingFor;
      lastReached = clock.now();
    } catch (error) {
      seen = await afterFault(error, guest, (clock.now() - lastReached) / 1000);
      // Whatever the answer was, the node gave one.
      if (!isUnreachable(error)) lastReached = clock.now();
    }
    if (seen !== lastSeen) {
      options.onProgress?.(seen, elapsed());
      lastSeen = seen;
    }
    if (elapsed() >= options.timeoutSeconds) {
      throw new GuestNotReadyError(
        guest.name,
        'deadline',
        `not ready after ${options.timeoutSeconds} s; it was still waiting for ${lastSeen}${lastSeen === agentAbsent ? hint : ''}`,
        await logTail(access),
      );
    }
    await clock.sleep((options.pollSeconds ?? 2) * 1000);
  }
}

async function lookAt(
  client: ApiClient,
  access: GuestAccess,
  guest: WatchedGuest,
  options: ReadinessOptions,
): Promise<Look> {
  // Asked first, since an agent that does not answer costs 3 s on Proxmox VE and says nothing about a stopped guest.
  const current = await client
    .get<{ status: string }>(guestPath(client, guest, 'status/current'))
    .catch((error: unknown) => {
      if (error instanceof ApiError && /does not exist/.test(error.message)) throw vanished(guest, error);
      throw error;
    });
  if (current.status !== 'running') {
    throw new GuestNotReadyError(
      guest.name,
      'guest-stopped',
      `${guestInWords(guest)} is ${current.status}; it stopped while it was being waited for`,
    );
  }

  const state = await cloudInitState(access);
  if (state.kind === 'failed') {
    throw new GuestNotReadyError(
      guest.name,
      'cloud-init-failed',
      `cloud-init failed in ${state.step}`,
      await logTail(access),
    );
  }
  if (state.kind === 'running') return { waitingFor: state.step };

  const installed = await installStatus(access, guest.name);
  if (!installed) return { waitingFor: 'the install script to write /var/lib/lab/status.json' };
  if (!installed.installed) {
    const reason = installed.reason ?? 'the install script gave no reason';
    if (options.requireApplication) {
      throw new GuestNotReadyError(
        guest.name,
        'application-missing',
        `${installed.application} is not installed: ${reason}`,
        await logTail(access),
      );
    }
    return { ready: { installed: false, version: null, reason } };
  }

  const fault = await pageFault(access, guest.address, loadRole(guest));
  if (fault) return { waitingFor: fault };
  return { ready: { installed: true, version: installed.version, reason: null } };
}

/** What to wait for after a look that failed; throws where waiting is pointless. */
async function afterFault(
  error: unknown,
  guest: Pick<WatchedGuest, 'name' | 'kind' | 'vmid'>,
  unreachableFor: number,
): Promise<string> {
  if (error instanceof GuestAccessError) {
    if (error.fault === 'agent-absent') return agentAbsent;
    if (error.fault === 'command-disabled') return 'the guest agent to allow exec and file-read';
    if (error.fault === 'guest-vanished') throw vanished(guest, error);
    return 'the guest to run';
  }
  if (error instanceof GuestNotReadyError) throw error;
  if (error instanceof ExecTimeoutError) return `a program in the guest to end (${error.message})`;
  if (error instanceof ApiError) {
    // 5xx come from a busy node; everything else (401, 403, 501 ...) will not change by itself.
    if (error.status >= 500 && error.status !== 501) return `the node, which answered: ${error.message}`;
    throw error;
  }
  const text = error instanceof Error ? error.message : String(error);
  if (unreachableFor < unreachableSeconds) return `the node's API to answer (${text})`;
  throw new GuestNotReadyError(
    guest.name,
    'node-unreachable',
    `the node's API has not answered for ${Math.round(unreachableFor)} s: ${text}`,
    [],
    { cause: error },
  );
}

function isUnreachable(error: unknown): boolean {
  return !(
    error instanceof ApiError ||
    error instanceof GuestAccessError ||
    error instanceof ExecTimeoutError ||
    error instanceof GuestNotReadyError
  );
}

function vanished(guest: Pick<WatchedGuest, 'name' | 'kind' | 'vmid'>, cause: unknown): GuestNotReadyError {
  return new GuestNotReadyError(
    guest.name,
    'guest-vanished',
    `${guestInWords(guest)} no longer exists on the node; it was removed while it was being waited for`,
    [],
    { cause },
  );
}

async function installStatus(access: GuestAccess, name: string): Promise<InstallStatus | undefined> {
  const text = await access.readFile('/var/lib/lab/status.json');
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as InstallStatus;
  } catch {
    // It is renamed into its place: whatever this is, it will not become whole by waiting.
    throw new GuestNotReadyError(
      name,
      'status-unreadable',
      `/var/lib/lab/status.json of the guest is no status (${JSON.stringify(text.slice(0, 40))}): restart the guest, which runs its install script again, or remove the VM and deploy`,
    );
  }
}

/** Fetches the front page from inside the guest; undefined = it carries its title. */
async function pageFault(
  access: GuestAccess,
  address: string,
  application: Role,
): Promise<string | undefined> {
  const { port, frontPage, title: expected } = application;
  const url = `http://${address}${port === 80 ? '' : `:${port}`}${frontPage}`;
  const fetched = await access.exec(
    ['curl', '--silent', '--show-error', '--location', '--fail', '--max-time', '20', url],
    { timeoutSeconds: 30 },
  );
  if (fetched.exitCode !== 0)
    return `${url} to answer (${fetched.stderr.trim() || `curl: ${fetched.exitCode}`})`;
  const title = /<title[^>]*>([^<]*)</i.exec(fetched.stdout)?.[1] ?? '';
  return title.includes(expected) ? undefined : `the title "${expected}" on ${url} (it is "${title.trim()}")`;
}

/** The last 25 lines of what cloud-init's programs printed; empty where the guest cannot be asked any more. */
async function logTail(access: GuestAccess): Promise<readonly string[]> {
  try {
    const tail = await access.exec(['tail', '-n', '25', '/var/log/cloud-init-output.log'], {
      timeoutSeconds: 20,
    });
    return tail.stdout.trimEnd().split('\n');
  } catch {
    return [];
  }
}
