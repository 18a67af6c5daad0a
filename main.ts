import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { App } from 'cdktf';
import { runCommand } from './commands/run-command';
import {
  applicationsRequired,
  environment,
  loadLab,
  loadLabToMake,
  loadProviderConnection,
  loadRoles,
} from './config';
import { type DeployedLab, readDeployedLab } from './config/deployed-lab';
import type { Lab } from './config/lab';
import { labIdentity } from './config/lab-identity';
import { checkDeployedGuests } from './proxmox/deployed-guests';
import { checkAttempt, type Wanted } from './stacks/check-attempt';
import { LabStack } from './stacks/lab-stack';
import { putBackLockFile } from './stacks/put-back-lock-file';
import { holdsResources, keepState } from './stacks/terraform-state';
import { type Template, templateFile } from './template/template';

void runCommand(async () => {
  // Here too, so that a plain `cdktf deploy` finds a whole state: CDKTF keeps it in the directory it is called in.
  const state = resolve('terraform.lab.tfstate');
  const putBack = keepState(state);
  if (putBack) console.error(`Terraform's state was cut off; ${putBack} takes its place.`);
  const lab = holdsResources(state) ? loadLab() : loadLabToMake();
  const deployed = readDeployedLab(state);
  await checkDeployedGuests(deployed, lab, environment.LAB_TAKE_OVER === 'yes');
  const props = {
    lab,
    roles: loadRoles(),
    identity: deployed.identity ?? labIdentity(randomUUID()),
    takenOver: deployed.identity ? [] : deployed.guests,
    connection: loadProviderConnection(lab),
    template: keptTemplate(deployed, lab),
    checkAttempt: checkAttempt(state, wantedOf(lab), randomUUID()),
    requireApplication: applicationsRequired(),
  };
  // CDKTF keeps a stack trace of every value: a third of the time for a lab of 1,000 guests. Errors keep theirs.
  Error.captureStackTrace = () => {};
  const app = new App();
  new LabStack(app, 'lab', props);
  app.synth();
  putBackLockFile(app.outdir, 'lab');
});

function wantedOf({ networks, guests }: Lab): Wanted {
  return {
    bridges: Object.values(networks).map(({ bridge }) => bridge),
    vmids: guests.map(({ vmid }) => vmid),
  };
}

/**
 * The template that the deployed guests were made of. What decides its key, MOODLE_SOURCE for one, may be set in one
 * terminal and forgotten in the next: another template replaces all guests, and is taken only when it is asked for.
 */
function keptTemplate({ identity, templateKey }: DeployedLab, lab: Lab): Template {
  const current = templateFile(environment);
  const kept = identity ? (templateKey ?? current.key) : current.key;
  if (kept === current.key || lab.images.source !== 'template') return current;
  if (environment.LAB_NEW_TEMPLATE === 'yes') return current;
  console.error(
    `The lab keeps the template that it was made of (${kept}); today's would be ${current.key}. To replace all guests by new ones of it: LAB_NEW_TEMPLATE=yes npx cdktf deploy`,
  );
  return templateFile(environment, kept);
}
