/** `npm run privileges`: the rights on a Proxmox VE node that suffice for this lab. */
import { Option } from 'commander';
import { loadLab } from '../config';
import { neededPrivileges, readingPrivileges } from '../proxmox/needed-privileges';
import { pveumLines, rolesOf, sudoersLines } from '../proxmox/privilege-lines';
import { containerRights, deployRights, measuringRights } from '../proxmox/sudo-rights';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

interface Options {
  readonly version: '8' | '9';
  readonly user: string;
  readonly reader: string;
  readonly sshUser: string;
  readonly snippets: string;
  readonly json?: boolean;
}

const command = commandLine({
  name: 'npm run privileges --',
  description: 'Prints the rights on a Proxmox VE node that suffice for what lab.yaml asks. Changes nothing.',
  examples: ['npm run privileges', 'npm run privileges -- --version 8', 'npm run privileges -- --json'],
})
  .addOption(new Option('--version <major>', 'of Proxmox VE').choices(['8', '9']).default('9'))
  .option('--user <user@realm>', 'who deploys and measures', 'lab@pve')
  .option('--reader <user@realm>', 'who only reads figures', 'labreader@pve')
  .option('--ssh-user <name>', 'user of the node for SSH; root needs no sudo', 'lab')
  .option('--snippets <directory>', 'where the storage keeps snippets', '/var/lib/vz/snippets')
  .option('--json', 'for programs');

void runCommand(() => {
  const { version, user, reader, sshUser, snippets, json } = command.parse().opts<Options>();
  const lab = loadLab();
  const roles = rolesOf(neededPrivileges(lab, version === '8' ? 8 : 9), 'Lab');
  const readerRoles = rolesOf(readingPrivileges(lab), 'LabReader');
  const sudo = {
    deploy: [...deployRights(snippets), ...containerRights(lab)],
    measure: measuringRights(lab),
  };
  if (json) {
    console.log(JSON.stringify({ version: Number(version), roles, readerRoles, sudo }, null, 2));
    return;
  }
  const file = `/etc/sudoers.d/${sshUser}`;
  console.log(
    [
      `# As root on the node: deploy, measure and destroy, on Proxmox VE ${version}. The last line prints the token.`,
      ...pveumLines(roles, user, 'deploy'),
      '',
      '# Only read figures through the API:',
      ...pveumLines(readerRoles, reader, 'read'),
      '',
      `# For SSH as a user other than root, in ${file} (visudo -cf ${file} checks it).`,
      '# Deploy:',
      ...sudoersLines(sudo.deploy, sshUser),
      '# Measure. Whoever may run these as root may do all that root may:',
      ...sudoersLines(sudo.measure, sshUser),
    ].join('\n'),
  );
});
