import { App } from 'cdktf';
import { runCommand } from './commands/run-command';
import { applicationsRequired, environment, loadLab, loadProviderConnection } from './config';
import { LabStack } from './stacks/lab-stack';
import { putBackLockFile } from './stacks/put-back-lock-file';
import { templateFile } from './template/template';

void runCommand(() => {
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
