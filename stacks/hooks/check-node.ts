/** Exit code 2 where the node cannot be worked with, and why; a deployment runs it before it makes anything. */

import { runCommand } from '../../commands/run-command';
import { TargetRefusedError } from '../../proxmox/check-target';
import { faultLines } from '../../proxmox/checks/finding';
import { checkLabNode } from '../../setup/check-node';

void runCommand(async () => {
  const faults = faultLines(await checkLabNode());
  if (faults.length > 0) throw new TargetRefusedError(faults);
});
