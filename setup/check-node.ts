import { loadLab, loadTarget, usesProxmox } from '../config';
import { type DeployedLab, readDeployedLab, TERRAFORM_STATE, takenOver } from '../config/deployed-lab';
import type { Lab } from '../config/lab';
import { TargetError } from '../config/load-target';
import { readChosenVmids } from '../config/vmids';
import { type Finding, fault } from '../proxmox/checks/finding';
import { preflight } from '../proxmox/checks/preflight';
import { bridgesInState } from '../stacks/terraform-state';
import { keptTemplate } from '../template/kept-template';
import { templateFacts } from '../template/template-facts';

/**
 * Everything that a deployment needs of its node, looked at before anything is made: by doctor, by `npm start`, and by
 * Terraform before its first resource. Changes nothing. Throws FaultyFileError and faults of MOODLE_SOURCE.
 */
export async function checkLabNode(
  lab: Lab = loadLab(),
  env: NodeJS.ProcessEnv = process.env,
): Promise<readonly Finding[]> {
  try {
    const deployed = readDeployedLab();
    const { template } = keptTemplate(env, deployed);
    return await preflight(loadTarget(lab, env), lab, {
      template: lab.images.source === 'template' ? await templateFacts(template) : undefined,
      tag: deployed.identity?.tag,
      takenOver: takenOver(deployed, lab, env.LAB_TAKE_OVER === 'yes'),
      replaceableVmids: replaceable(deployed),
      deployedBridges: (nodeName) => bridgesInState(TERRAFORM_STATE, nodeName),
    });
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    const subject = usesProxmox(env) ? 'settings of the node' : `node ${lab.nodeName}`;
    const [found = '', ...remedies] = error.message.split('; ');
    return [fault(subject, found, remedies.join('; ') || 'docs/how-to/real-proxmox.md')];
  }
}

function replaceable({ guests }: DeployedLab): ReadonlySet<number> {
  const made = new Set(guests.map(({ vmid }) => vmid));
  return new Set(
    readChosenVmids()
      .map(({ vmid }) => vmid)
      .filter((vmid) => !made.has(vmid)),
  );
}
