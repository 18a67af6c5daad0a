/** `npm run setup`: installs what the commands need. */
import { loadLab, usesProxmox } from '../config';
import { terraformCommand } from '../setup/provider';
import { setup } from '../setup/setup';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run setup --',
  description: 'Installs what the commands need: system packages, the Terraform provider and its bindings.',
  examples: ['npm run setup'],
  notes:
    'Environment:\n  TERRAFORM_BINARY_NAME (terraform where it is on PATH, else tofu; npx cdktf takes terraform unless it is set)',
});

void runCommand(async () => {
  command.parse();
  const set = process.env.TERRAFORM_BINARY_NAME;
  const proxmox = usesProxmox(process.env);
  const builds = !proxmox || loadLab().images.source === 'template';
  await setup(proxmox ? 'template' : 'node', (line) => console.log(line), { systemPackages: builds });
  console.log(
    `Everything is in place. Next: npm start, or ${proxmox ? 'npm run doctor' : 'npm run node -- up'}`,
  );
  const terraform = terraformCommand();
  if (terraform !== undefined && terraform !== 'terraform' && !set) {
    console.log(`Before npx cdktf: export TERRAFORM_BINARY_NAME=${terraform}`);
  }
});
