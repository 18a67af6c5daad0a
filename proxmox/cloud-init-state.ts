import type { GuestAccess } from './guest-access';

/** Where cloud-init stands in a guest. `step` names the stage, and what failed in it. */
export type CloudInitState =
  | { readonly kind: 'running'; readonly step: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly step: string };

interface Stage {
  readonly errors?: readonly string[];
  readonly start?: number | null;
  readonly finished?: number | null;
}

const stages = ['init-local', 'init', 'modules-config', 'modules-final'] as const;

interface StatusFile {
  readonly v1: { readonly stage?: string | null } & { readonly [name in (typeof stages)[number]]?: Stage };
}

/**
 * Reads /run/cloud-init/status.json and result.json, which are what `cloud-init status` itself reads: starting its
 * Python interpreter every two seconds would slow the boot of an emulated guest that is being waited for. Both files
 * are new with every boot. cloud-init has finished when result.json is there.
 */
export async function cloudInitState(guest: Pick<GuestAccess, 'readFile'>): Promise<CloudInitState> {
  const status = parse<StatusFile>(await guest.readFile('/run/cloud-init/status.json'));
  if (!status) {
    const disabled = await guest.readFile('/run/cloud-init/disabled');
    if (disabled === undefined) return { kind: 'running', step: 'cloud-init to start' };
    return { kind: 'failed', step: 'its generator: cloud-init is disabled in this guest' };
  }
  for (const name of stages) {
    const errors = status.v1[name]?.errors ?? [];
    if (errors.length > 0) return { kind: 'failed', step: `${name}: ${errors.join('; ')}` };
  }
  const result = parse<{ v1: { errors?: readonly string[] } }>(
    await guest.readFile('/run/cloud-init/result.json'),
  );
  if (result) {
    const errors = result.v1.errors ?? [];
    return errors.length > 0 ? { kind: 'failed', step: errors.join('; ') } : { kind: 'done' };
  }
  return { kind: 'running', step: `cloud-init (${status.v1.stage ?? lastFinished(status)})` };
}

function lastFinished(status: StatusFile): string {
  const last = stages.filter((name) => status.v1[name]?.finished).at(-1);
  return last ? `after ${last}` : 'starting';
}

/** Undefined where the file is missing or is being written at this moment. */
function parse<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as T;
  } catch {
    return undefined;
  }
}
