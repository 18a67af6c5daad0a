import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { App } from 'cdktf';
import { runCommand } from './commands/run-command';
import {
  applicationsRequired,
  environment,
  isRouted,
  loadLabAsWritten,
  loadProviderConnection,
  loadRoles,
} from './config';
import { readDeployedLab } from './config/deployed-lab';
import { labIdentity } from './config/lab-identity';
import { readChosenVmids } from './config/vmids';
import { chooseVmids } from './proxmox/choose-vmids';
import { lookAtDeployedLab } from './proxmox/deployed-guests';
import { checkAttempt } from './stacks/check-attempt';
import { keepVmids } from './stacks/keep-vmids';
import { LabStack } from './stacks/lab-stack';
import { putBackLockFile } from './stacks/put-back-lock-file';
import { bridgesInState, holdsResources, keepState } from './stacks/terraform-state';
import { keptTemplate } from './template/kept-template';

void runCommand(async () => {
  // Here too, so that a plain `cdktf deploy` finds a whole state: CDKTF keeps it in the directory it is called in.
  const state = resolve('terraform.lab.tfstate');
  const putBack = keepState(state);
  if (putBack) console.error(`Terraform's state was cut off; ${putBack} takes its place.`);
  const written = loadLabAsWritten(!holdsResources(state));
  const deployed = readDeployedLab(state);
  const takeOver = environment.LAB_TAKE_OVER === 'yes';
  const { lostBridges, gone } = await lookAtDeployedLab(
    deployed,
    written,
    (node) => bridgesInState(state, node),
    takeOver,
  );
  const identity = deployed.identity ?? labIdentity(randomUUID());
  const lab = await chooseVmids(written, { deployed, chosen: readChosenVmids(), tag: identity.tag });
  keepVmids(written, lab);
  const { template, newer } = keptTemplate(environment, deployed);
  if (newer && lab.images.source === 'template') {
    console.error(
      `The lab keeps the template that it was made of (${template.key}); today's would be ${newer}. To replace all guests by new ones of it: LAB_NEW_TEMPLATE=yes npx cdktf deploy`,
    );
  }
  const props = {
    lab,
    roles: loadRoles(),
    identity,
    lostBridges,
    takenOver: takeOver && !deployed.identity ? deployed.guests : [],
    connection: loadProviderConnection(lab),
    template,
    checkAttempt: checkAttempt(state, lab, randomUUID(), gone),
    requireApplication: applicationsRequired(),
    isRouted,
  };
  // CDKTF keeps a stack trace of every value: a third of the time for a lab of 1,000 guests. Errors keep theirs.
  Error.captureStackTrace = () => {};
  const app = new App();
  new LabStack(app, 'lab', props);
  app.synth();
  putBackLockFile(app.outdir, 'lab');
});
