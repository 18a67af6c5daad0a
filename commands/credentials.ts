/** `npm run credentials`: the login of a guest's application, read from the guest and kept nowhere. */

import { loadRole } from '../config';
import { applicationAddress } from '../config/application-address';
import { readLogin } from '../proxmox/login';
import { commandLine } from './command-line';
import { withGuest } from './guests';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run credentials --',
  description:
    "Reads the administrator's login of an application from its guest, through the guest agent, and prints it. It is stored nowhere.",
  examples: ['npm run credentials -- wordpress', 'npm run credentials -- wordpress --json'],
})
  .argument('<guest>', 'its name in lab.yaml')
  .option('--json', 'for programs');

void runCommand(() => {
  const { json } = command.parse().opts<{ json?: boolean }>();
  const [name = ''] = command.args;
  return withGuest(name, async ({ lab, guest, access }) => {
    const login = await readLogin(access);
    if (!login) {
      throw new Error(
        `${name}: the guest has no login: its install script has made none, or has not come so far yet`,
      );
    }
    const role = loadRole(guest);
    const page = `http://${applicationAddress(lab, guest, role).onThisMachine}${role.login ?? role.frontPage}`;
    if (json) console.log(JSON.stringify({ ...login, page }));
    else console.log(`user      ${login.user}\npassword  ${login.password}\npage      ${page}`);
  });
});
