import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Testing } from 'cdktf';
import { parse, stringify } from 'yaml';
import type { ProviderConnection } from '../../config';
import type { DeployedGuest } from '../../config/deployed-lab';
import type { Lab } from '../../config/lab';
import { parseLab } from '../../config/lab-file';
import { labIdentity } from '../../config/lab-identity';
import { builtInRoles } from '../../config/roles';
import { LabStack } from '../../stacks/lab-stack';

export interface Resource {
  readonly depends_on?: readonly string[];
  readonly provisioner?: readonly { readonly 'local-exec': Readonly<Record<string, string>> }[];
  readonly [attribute: string]: unknown;
}

/** What Terraform is given, as far as the tests look at it. */
export interface Configuration {
  readonly data: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
  readonly locals: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
  readonly provider: { readonly proxmox: readonly [Readonly<Record<string, unknown>>] };
}

const text = readFileSync(join(__dirname, '../../lab.yaml'), 'utf8');

/** A lab.yaml as plain data, for a test to change before it is checked. */
export interface Draft {
  name: string;
  node: Record<string, unknown>;
  storage: Record<string, string | string[]>;
  storages?: Record<string, Record<string, unknown>>;
  nodes?: Record<string, Record<string, unknown>>;
  networks: Record<'servers' | 'clients', Record<string, unknown>>;
  images: { source: string; deploy?: string; templateVmid?: number };
  guests: Record<string, unknown>[];
  vmids?: 'auto';
}

/** The project's own lab.yaml with some things changed. */
export function textWith(change: (draft: Draft) => void): string {
  const draft = parse(text) as Draft;
  change(draft);
  return stringify(draft);
}

/** The lab of it. */
export function labWith(change: (draft: Draft) => void = () => {}): Lab {
  return parseLab(textWith(change), 'lab.yaml');
}

/** A lab that chooses its vmids itself, and has not yet. */
export function withoutVmids(draft: Draft): void {
  draft.vmids = 'auto';
  for (const guest of draft.guests) delete guest.vmid;
}

/** `count` guests of all roles in turn, in a network that holds them. */
export function manyGuests(count: number): (draft: Draft) => void {
  return (draft) => {
    draft.networks.servers = { bridge: 'vmbr10', cidr: '10.10.0.0/16', gateway: '10.10.0.1' };
    draft.guests = Array.from({ length: count }, (_, index) => ({
      name: `guest${index}`,
      role: ['wordpress', 'moodle', 'mediawiki'][index % 3],
      vmid: 1000 + index,
      address: `10.10.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`,
    }));
  };
}

export const localConnection: ProviderConnection = {
  kind: 'local',
  connectionFile: '/state of node/connection.json',
  insecure: false,
};

export interface StackOptions {
  readonly connection?: ProviderConnection;
  readonly requireApplication?: boolean;
  readonly lostBridges?: { made: string[]; staged: string[] };
  readonly templateKey?: string;
  readonly takenOver?: readonly Pick<DeployedGuest, 'vmid'>[];
}

/** cdk.tf.json of a lab, with CDKTF's validations. */
export function synthesizedText(lab: Lab, options: StackOptions = {}): string {
  // As main.ts does; CDKTF's stack traces cost more than all the rest.
  const capture = Error.captureStackTrace;
  Error.captureStackTrace = () => {};
  // One that CDKTF makes for itself it never removes.
  const outdir = mkdtempSync(join(tmpdir(), 'stack-'));
  try {
    const stack = new LabStack(Testing.app({ outdir }), 'lab', {
      lab,
      roles: builtInRoles(),
      identity: labIdentity('0a1b2c3d-0000-4000-8000-000000000000'),
      lostBridges: options.lostBridges ?? { made: [], staged: [] },
      takenOver: options.takenOver ?? [],
      connection: options.connection ?? localConnection,
      template: {
        archivePath: '/cache/template.tar.zst',
        path: '/cache/template.qcow2',
        key: options.templateKey ?? 'abc',
      },
      requireApplication: options.requireApplication ?? false,
    });
    return Testing.synth(stack, true);
  } finally {
    Error.captureStackTrace = capture;
    rmSync(outdir, { recursive: true });
  }
}

export function synthesized(lab: Lab, options: StackOptions = {}): Configuration {
  return JSON.parse(synthesizedText(lab, options)) as Configuration;
}

/** Resources of one type, in order of their addresses; none where the type does not occur. */
export function resources(configuration: Configuration, type: string): readonly Resource[] {
  return Object.values(configuration.resource[type] ?? {});
}

/** All resources by address (type.name). */
export function addresses(configuration: Configuration): ReadonlyMap<string, Resource> {
  return new Map(
    Object.entries(configuration.resource).flatMap(([type, named]) =>
      Object.entries(named).map(([name, resource]) => [`${type}.${name}`, resource] as const),
    ),
  );
}

/** Addresses that a resource refers to or depends on, itself or through others: what is made before it and goes after it. */
export function requirements(configuration: Configuration, address: string): ReadonlySet<string> {
  const all = addresses(configuration);
  const found = new Set<string>();
  const visit = (resource: Resource | undefined): void => {
    const written = JSON.stringify(resource);
    const names = [...written.matchAll(/\b(?:data\.)?(?:proxmox|terraform)_\w+\.[\w-]+/g)].map(
      ([name]) => name,
    );
    for (const name of names) {
      if (found.has(name)) continue;
      found.add(name);
      if (all.has(name)) visit(all.get(name));
    }
  };
  visit(all.get(address));
  return found;
}
