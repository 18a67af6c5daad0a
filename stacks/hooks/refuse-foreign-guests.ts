/** Exit code 1 where a VM of somebody else has one of the lab's vmids; a destroy runs it before anything else. */

import { runCommand } from '../../commands/run-command';
import { loadLab, loadTarget } from '../../config';
import { ApiClient } from '../../proxmox/api-client';
import { foreignGuests } from '../../proxmox/foreign-guests';

void runCommand(async () => {
  const lab = loadLab();
  const client = new ApiClient(loadTarget(lab));
  try {
    const foreign = await foreignGuests(client, lab);
    if (foreign.length === 0) return;
    const named = foreign.map((vm) => `VM ${vm.vmid} "${vm.name}" on node ${vm.node}`).join(', ');
    console.error(
      `The lab's vmids are taken by VMs that are not the lab's (they lack the tag ${lab.name}): ${named}. No VM, bridge or file was touched. Remove or renumber those VMs yourself, or give them the tag if they are the lab's.`,
    );
    process.exitCode = 1;
  } finally {
    await client.close();
  }
});
