/**
 * Exit code 2 where the node cannot be worked with, and why; a deployment runs it before it makes anything. What an
 * earlier deployment has declared and not applied it takes back first.
 */

import { runCommand } from '../../commands/run-command';
import { loadLab, loadTarget } from '../../config';
import { readDeployedLab, TERRAFORM_STATE } from '../../config/deployed-lab';
import { labShares } from '../../config/lab-shares';
import { ApiClient } from '../../proxmox/api-client';
import { TargetRefusedError } from '../../proxmox/check-target';
import { faultLines } from '../../proxmox/checks/finding';
import { removeStagedBridges } from '../../proxmox/staged-bridges';
import { checkLabNode } from '../../setup/check-node';
import { bridgesInState } from '../terraform-state';

void runCommand(async () => {
  const lab = loadLab();
  await takeBack().catch(() => {
    // Whatever keeps it from being taken back is one of the faults below.
  });
  const faults = faultLines(await checkLabNode(lab));
  if (faults.length > 0) throw new TargetRefusedError(faults);

  async function takeBack(): Promise<void> {
    const { identity } = readDeployedLab();
    if (!identity) return;
    const api = new ApiClient(loadTarget(lab));
    try {
      for (const share of labShares(lab)) {
        const known = bridgesInState(TERRAFORM_STATE, share.nodeName);
        const bridges = await removeStagedBridges(api, share, identity.tag, known);
        if (bridges.length === 0) continue;
        console.log(`taken back: ${bridges.join(', ')}, which a deployment that failed had left unapplied`);
      }
    } finally {
      await api.abandon();
    }
  }
});
