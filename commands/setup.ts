/** `npm run setup`: installs what the commands need. */
import { setup } from '../setup/setup';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run setup --',
  description: 'Installs what the commands need: system packages, the Terraform provider and its bindings.',
  examples: ['npm run setup'],
});

void runCommand(async () => {
  command.parse();
  await setup('node', (line) => console.log(line));
  console.log('Everything is in place. Next: npm start, or npm run node -- up');
});
