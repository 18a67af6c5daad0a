/** Exit code 2 where the node cannot be worked with, and why; a deployment runs it before it makes anything. */
import { explainFaults, loadTarget } from '../../config';
import { checkTarget } from '../../proxmox/check-target';

explainFaults(async () => {
  await checkTarget(loadTarget());
});
