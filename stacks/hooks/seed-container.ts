import { parseArgs } from 'node:util';
import { containerSeed } from '../../cloud-init/lab-seed';
import { runCommand } from '../../commands/run-command';
import { applicationsRequired, loadLab, loadRole, loadTarget } from '../../config';
import { guestNamed } from '../../config/lab-guest';
import { sshOfNode } from '../../config/ssh-of-node';
import { ApiClient } from '../../proxmox/api-client';
import { NodeShell } from '../../proxmox/node-shell';
import { seedContainer } from '../../proxmox/seed-container';

const usage = `Gives a container its cloud-init data and starts it; a deployment runs it for every container.

  npx tsx stacks/hooks/seed-container.ts --guest wordpress --tag lab-0a1b2c3d

Exit code 0: it runs with its data; 1: it does not, and why.`;

void runCommand(async () => {
  const { values } = parseArgs({
    options: { guest: { type: 'string' }, tag: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return console.log(usage);
  const { guest: name = '', tag = '' } = values;
  const lab = loadLab();
  const guest = guestNamed(lab, name);
  const target = loadTarget(lab);
  const client = new ApiClient(target);
  const shell = await NodeShell.connect(sshOfNode(target.ssh, lab, guest.node));
  try {
    const role = loadRole(guest);
    const files = containerSeed({ lab, guest, role, requireApplication: applicationsRequired() });
    await seedContainer(client, shell, guest, { files, tag });
  } finally {
    shell.close();
    await client.close();
  }
});
