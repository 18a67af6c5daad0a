import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'cdktf';
import type { Lab } from '../config/lab';
import { labIdentity } from '../config/lab-identity';
import type { Roles } from '../config/roles';
import { NO_VMID } from '../config/vmids';
import type { Topology } from '../topology/topology';
import { LabStack } from './lab-stack';
import { type LinkTexts, stackTopology } from './stack-topology';

/** The topology of a lab as its constructs declare it. Nothing of a node is asked or kept: who deploys it is left open. */
export function labTopology(lab: Lab, roles: Roles, links: LinkTexts): Topology {
  const outdir = mkdtempSync(join(tmpdir(), 'lab-topology-'));
  try {
    const stack = new LabStack(new App({ outdir }), 'lab', {
      lab: withPlaceholders(lab),
      roles,
      identity: labIdentity('00000000-0000-4000-8000-000000000000'),
      lostBridges: { made: [], staged: [] },
      takenOver: [],
      connection: { kind: 'local', connectionFile: 'connection.json', insecure: false },
      template: { archivePath: '', path: 'template.qcow2', key: 'template' },
      requireApplication: false,
    });
    return stackTopology(stack, lab, links);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** Constructs are called by their guest's vmid, which may not have been chosen yet. */
function withPlaceholders(lab: Lab): Lab {
  const first = Math.max(100, ...lab.guests.map(({ vmid }) => vmid)) + 1;
  return {
    ...lab,
    guests: lab.guests.map((guest, index) =>
      guest.vmid === NO_VMID ? { ...guest, vmid: first + index } : guest,
    ),
  };
}
