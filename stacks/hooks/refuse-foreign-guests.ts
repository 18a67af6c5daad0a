/** Exit code 1 where somebody else's guest has one of the lab's vmids; runs before anything is made or destroyed. */

import { parseArgs } from 'node:util';
import { runCommand } from '../../commands/run-command';
import { loadLab, loadTarget } from '../../config';
import { readDeployedLab } from '../../config/deployed-lab';
import { vmidOwners } from '../../config/vmids';
import { ApiClient } from '../../proxmox/api-client';
import { refuseForeignGuests } from '../../proxmox/deployed-guests';
import { foreignGuests, foreignGuestsMessage } from '../../proxmox/foreign-guests';
import { proposal } from '../../proxmox/free-vmids';

const usage = `Refuses where a guest of somebody else has one of the lab's vmids; Terraform runs it.

  npx tsx stacks/hooks/refuse-foreign-guests.ts --tag lab-0a1b2c3d   before the guests of lab.yaml are made
      [--taken-over 129]...   but for those that the lab had before it had an identity
  npx tsx stacks/hooks/refuse-foreign-guests.ts --deployed           before those that Terraform has made go`;

void runCommand(async () => {
  const { values } = parseArgs({
    options: {
      tag: { type: 'string' },
      deployed: { type: 'boolean' },
      'taken-over': { type: 'string', multiple: true },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(usage);
  const lab = loadLab();
  const client = new ApiClient(loadTarget(lab));
  try {
    // Who takes over a lab without an identity has said so when the stack was synthesized.
    if (values.deployed) return await refuseForeignGuests(client, readDeployedLab(), lab, true);
    const tag = values.tag ?? '';
    const foreign = await foreignGuests(
      client,
      vmidOwners(lab).map(({ vmid }) => vmid),
      tag,
      // Not asked of the state, which has the identity by now.
      { tag: lab.name, vmids: (values['taken-over'] ?? []).map(Number) },
    );
    if (foreign.length === 0) return;
    const free = await proposal(client, lab.guests.length);
    const again =
      lab.vmids === 'auto'
        ? ' Where lab.yaml leaves the vmids out, deploy again: others are chosen for guests that are not made yet.'
        : '';
    console.error(
      `${foreignGuestsMessage(foreign, tag)} Give the guests other vmids in lab.yaml, or remove those guests yourself.${free}${again}`,
    );
    process.exitCode = 1;
  } finally {
    await client.close();
  }
});
