/** Exit code 2 where the node cannot be worked with, and why; a deployment runs it before it makes anything. */

import { runCommand } from '../../commands/run-command';
import { loadTarget } from '../../config';
import { checkTarget } from '../../proxmox/check-target';

void runCommand(async () => {
  await checkTarget(loadTarget());
});
