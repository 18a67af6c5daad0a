import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Guest, Lab } from '../../config/lab';
import packageJson from '../../package.json';
import type { ApiClient } from '../../proxmox/api-client';
import { type GuestAccess, guestPath } from '../../proxmox/guest-access';
import type { Shell } from '../../proxmox/node-shell';
import type { Environment } from '../run/raw-data';
import { environmentRecord } from '../run/records/environment';
import type { RecordOf } from '../run/records/fields';
import { benchmarkTools } from './benchmarks/commands';
import { checked } from './checked';
import type { NodeClock } from './node-clock';
import { remoteProgram } from './programs/remote-program';
import type { OtherWork } from './quiet';

const nodeFacts = environmentRecord
  .pick({ facts: true })
  .extend({ acceleration: z.enum(['kvm', 'tcg']).nullable(), programs: z.record(z.string(), z.boolean()) });
type NodeFacts = RecordOf<typeof nodeFacts>;

/** What the node tells about itself over SSH; acceleration is that of the guests that run. */
export async function askNode(shell: Shell, lab: Lab): Promise<NodeFacts> {
  const { stdout } = await shell.run(remoteProgram('environment', ...lab.guests.map((guest) => guest.vmid)));
  return checked(nodeFacts, JSON.parse(stdout), 'environment.py');
}

/** What a run is made with beside the node. */
export interface MadeWith {
  readonly facts: Environment['facts'];
  /** Versions of all packages of the guests' template by name; absent where there is none, or it is not known. */
  readonly templatePackages?: Readonly<Record<string, string>>;
}

/** Facts of the node, the API, this project and this machine that a reader needs to judge a run. */
export async function describeEnvironment(world: {
  readonly shell: Shell;
  readonly client: Pick<ApiClient, 'get' | 'node'>;
  readonly clock: NodeClock;
  readonly lab: Lab;
  readonly target: Environment['target'];
  /** What the local node says of itself; the processes of the guests decide where there are any. */
  readonly acceleration: Environment['acceleration'];
  readonly madeWith: MadeWith;
  /** What was seen of it before the first sample. */
  readonly otherWork: OtherWork;
  /** Who tells the benchmarks' tools in a guest; absent = there are no benchmarks. */
  readonly toolsOf?: (guest: Guest) => Pick<GuestAccess, 'exec'>;
}): Promise<Environment> {
  const { shell, client, clock, lab, madeWith } = world;
  const node = await askNode(shell, lab);
  const version = await client.get<{ version?: string; release?: string }>('version');
  const tools = world.toolsOf && (await packageVersions(shell, lab, world.toolsOf));
  return {
    ...(tools && { guestTools: tools.guests }),
    ...(madeWith.templatePackages && { templatePackages: madeWith.templatePackages }),
    target: world.target,
    acceleration: lab.guests.every(({ kind }) => kind === 'container')
      ? 'native'
      : (node.acceleration ?? world.acceleration),
    facts: {
      ...node.facts,
      ...tools?.node,
      proxmoxVeApi: version.version ?? null,
      guestsDeclared: lab.guests.length,
      ...(await containerLimits(client, lab)),
      seed: lab.seed,
      labSha256: createHash('sha256').update(JSON.stringify(lab)).digest('hex'),
      project: `${packageJson.name} ${packageJson.version}`,
      ...madeWith.facts,
      collectedWithNode: process.version,
      clockOffsetSeconds: clock.offsetSeconds,
      clockOffsetUncertaintySeconds: clock.uncertaintySeconds,
      othersCpuPercentBefore: world.otherWork.othersCpuPercent,
      waitedForQuietSeconds: Math.round(world.otherWork.waitedSeconds),
      capture:
        'programs/capture.py 1: AF_PACKET ring, kernel filter, kernel time stamps (ns), snap length 128',
    },
  };
}

/** Which limits of its containers the node does not keep; a Proxmox VE node says nothing of the kind, and keeps them. */
async function containerLimits(
  client: Pick<ApiClient, 'get' | 'node'>,
  { guests }: Lab,
): Promise<{ readonly containersNotLimited?: string }> {
  const container = guests.find(({ kind }) => kind === 'container');
  if (!container) return {};
  const path = guestPath(client, container, 'status/current');
  const { 'not-limited': not } = await client.get<{ 'not-limited'?: string }>(path);
  return not === undefined ? {} : { containersNotLimited: not.replace(',', ' and ') };
}

type Versions = Readonly<Record<string, string | null>>;

/** Null stands for each tool of a guest that cannot be asked: without Python it runs no benchmark either. */
async function packageVersions(
  shell: Shell,
  lab: Lab,
  toolsOf: (guest: Guest) => Pick<GuestAccess, 'exec'>,
): Promise<{ readonly node: Versions; readonly guests: Readonly<Record<string, Versions>> }> {
  const versions = z.record(z.string(), z.string().nullable());
  const program = remoteProgram('package-versions', ...benchmarkTools);
  const read = (stdout: string) => checked(versions, JSON.parse(stdout), 'package-versions.py');
  const none = Object.fromEntries(benchmarkTools.map((name) => [name, null]));
  const inGuest = async (guest: Guest): Promise<Versions> => {
    const { exitCode, stdout } = await toolsOf(guest).exec(program);
    return exitCode === 0 ? read(stdout) : none;
  };
  const guests = lab.guests.map(async (guest) => [guest.name, await inGuest(guest)] as const);
  return {
    node: read((await shell.run(program)).stdout),
    guests: Object.fromEntries(await Promise.all(guests)),
  };
}
