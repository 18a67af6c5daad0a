import { App } from 'cdktf';
import { applicationsRequired, environment, explainFaults, loadLab, loadProviderConnection } from './config';
import { templateFile } from './images/template';
import { LabStack } from './stacks/lab-stack';

explainFaults(() => {
  const lab = loadLab();
  const app = new App();
  new LabStack(app, 'lab', {
    lab,
    connection: loadProviderConnection(lab),
    template: templateFile(environment),
    requireApplication: applicationsRequired(),
  });
  app.synth();
});
