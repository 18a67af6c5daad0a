import { resolve } from 'node:path';
import { App } from 'cdktf';
import { runCommand } from './commands/run-command';
import { applicationsRequired, environment, loadLab, loadProviderConnection } from './config';
import { LabStack } from './stacks/lab-stack';
import { putBackLockFile } from './stacks/put-back-lock-file';
import { keepState } from './stacks/terraform-state';
import { templateFile } from './template/template';

void runCommand(() => {
  // Here too, so that a plain `cdktf deploy` finds a whole state: CDKTF keeps it in the directory it is called in.
  const putBack = keepState(resolve('terraform.lab.tfstate'));
  if (putBack) console.error(`Terraform's state was cut off; ${putBack} takes its place.`);
  const lab = loadLab();
  const props = {
    lab,
    connection: loadProviderConnection(lab),
    template: templateFile(environment),
    requireApplication: applicationsRequired(),
  };
  // CDKTF keeps a stack trace of every value: a third of the time for a lab of 1,000 guests. Errors keep theirs.
  Error.captureStackTrace = () => {};
  const app = new App();
  new LabStack(app, 'lab', props);
  app.synth();
  putBackLockFile(app.outdir, 'lab');
});
