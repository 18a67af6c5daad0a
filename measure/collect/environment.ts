import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Lab } from '../../config/lab';
import packageJson from '../../package.json';
import type { ApiClient } from '../../proxmox/api-client';
import type { Shell } from '../../proxmox/node-shell';
import type { Environment } from '../run/raw-data';
import { environmentRecord } from '../run/records/environment';
import type { RecordOf } from '../run/records/fields';
import { checked } from './checked';
import type { NodeClock } from './node-clock';
import { remoteProgram } from './programs/remote-program';

const nodeFacts = environmentRecord
  .pick({ facts: true })
  .extend({ acceleration: z.enum(['kvm', 'tcg']).nullable(), programs: z.record(z.string(), z.boolean()) });
type NodeFacts = RecordOf<typeof nodeFacts>;

/** What the node tells about itself over SSH; acceleration is that of the guests that run. */
export async function askNode(shell: Shell, lab: Lab): Promise<NodeFacts> {
  const { stdout } = await shell.run(remoteProgram('environment', ...lab.guests.map((guest) => guest.vmid)));
  return checked(nodeFacts, JSON.parse(stdout), 'environment.py');
}

/** Facts of the node, the API, this project and this machine that a reader needs to judge a run. */
export async function describeEnvironment(world: {
  readonly shell: Shell;
  readonly client: Pick<ApiClient, 'get'>;
  readonly clock: NodeClock;
  readonly lab: Lab;
  readonly target: Environment['target'];
  /** What the local node says of itself; the processes of the guests decide where there are any. */
  readonly acceleration: Environment['acceleration'];
}): Promise<Environment> {
  const { shell, client, clock, lab } = world;
  const node = await askNode(shell, lab);
  const version = await client.get<{ version?: string; release?: string }>('version');
  return {
    target: world.target,
    acceleration: node.acceleration ?? world.acceleration,
    facts: {
      ...node.facts,
      proxmoxVeApi: version.version ?? null,
      guestsDeclared: lab.guests.length,
      seed: lab.seed,
      labSha256: createHash('sha256').update(JSON.stringify(lab)).digest('hex'),
      project: `${packageJson.name} ${packageJson.version}`,
      collectedWithNode: process.version,
      clockOffsetSeconds: clock.offsetSeconds,
      clockOffsetUncertaintySeconds: clock.uncertaintySeconds,
      capture:
        'programs/capture.py 1: AF_PACKET ring, kernel filter, kernel time stamps (ns), snap length 128',
    },
  };
}
