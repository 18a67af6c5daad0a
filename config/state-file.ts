import { readFileSync } from 'node:fs';
import type { GuestKind } from './lab';

/** A resource or data source of Terraform's state; this lab has one instance of each. */
export interface StateResource {
  readonly mode: 'managed' | 'data';
  readonly type: string;
  readonly name: string;
  /** Empty where the state holds no instance. */
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What the provider's resource is, whichever of its two prefixes its type has: proxmox_virtual_environment_vm and proxmox_vm. */
export function resourceKind({ type }: Pick<StateResource, 'type'>): string {
  return type.replace(/^proxmox_(virtual_environment_)?/, '');
}

/** Undefined of what is no guest. */
export function guestKind(resource: Pick<StateResource, 'type'>): GuestKind | undefined {
  const kind = resourceKind(resource);
  return kind === 'vm' || kind === 'container' ? kind : undefined;
}

interface State {
  readonly version?: unknown;
  readonly outputs?: Readonly<Record<string, { readonly value?: unknown }>>;
  readonly resources?: readonly (Omit<StateResource, 'attributes'> & {
    readonly instances?: readonly { readonly attributes?: StateResource['attributes'] | null }[];
  })[];
}

/** What a state holds; undefined where there is no such file, or it is no whole state. */
export function readState(file: string): readonly StateResource[] | undefined {
  try {
    return parseState(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** An output of text; undefined where the state has none of that name. */
export function readOutput(file: string, name: string): string | undefined {
  try {
    const { outputs } = JSON.parse(readFileSync(file, 'utf8')) as State;
    const value = outputs?.[name]?.value;
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined where the text is no whole state: empty or cut off. */
export function parseState(text: string): readonly StateResource[] | undefined {
  let state: State;
  try {
    state = JSON.parse(text) as State;
  } catch {
    return undefined;
  }
  const { version, resources = [] } = state;
  if (typeof version !== 'number' || !Array.isArray(resources)) return undefined;
  return resources.map(({ mode, type, name, instances = [] }) => ({
    ...{ mode, type, name },
    attributes: instances[0]?.attributes ?? {},
  }));
}
