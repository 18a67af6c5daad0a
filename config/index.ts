/** The only reader of process.env and of lab.yaml: everything else is given what it finds here. */
import type { Lab } from './lab';
import { readLab } from './lab-file';
import { readTarget } from './load-target';
import { type Environment, labFile } from './paths';
import type { Target } from './target';

/**
 * The experiment, checked and frozen. PROXMOX_VE_NODE_NAME goes before node.name of the file, so that one lab.yaml
 * serves several nodes. Throws LabFileError with all faults at once.
 */
export function loadLab(file?: string, env: Environment = process.env): Lab {
  return readLab(file ?? labFile(env), env.PROXMOX_VE_NODE_NAME || undefined);
}

/** The node that the lab acts on. Throws TargetError: what is missing, and what to do. */
export function loadTarget(lab: Pick<Lab, 'nodeName'> = loadLab(), env: Environment = process.env): Target {
  return readTarget(env, lab.nodeName);
}

export { LabFileError } from './lab-file';
export { TargetError, usesProxmox } from './load-target';
export { connectionFile, nodeStateDirectory, repositoryRoot, resultsDirectory } from './paths';
