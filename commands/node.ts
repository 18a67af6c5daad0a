/** `npm run node`: brings the local node up and down, and says what runs on it. */
import { InvalidArgumentError, Option } from 'commander';
import { environment, InputError } from '../config';
import { readConnection } from '../config/load-target';
import type { ConnectionFile } from '../config/target';
import { describeNode } from '../local-node/describe-node';
import { down, status, up } from '../local-node/lifecycle';
import { linkWords, makePageLink } from '../local-node/page-link';
import { setRootPassword } from '../local-node/root-password';
import { EXIT } from '../machine/exit-codes';
import { LiveLine } from '../machine/live-line';
import { readSecret } from '../machine/secret-answer';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const DEFAULT_NAME = 'pve';

const line = new LiveLine(process.stderr);

const command = commandLine({
  name: 'npm run node --',
  description: 'The embedded local node, which stands in for a Proxmox VE node.',
  examples: [
    'npm run node -- up',
    'npm run node -- up --engine simulated',
    'npm run node -- status --json',
    'npm run node -- link',
    'npm run node -- down --purge',
  ],
  notes:
    'Environment:\n  LAB_NODE_PORT (8006), LAB_NODE_SSH_PORT (8022), LAB_NODE_STATE (.lab/node),\n  LAB_NODE_HOSTS (further names under which clients may ask it)',
});
command
  .command('up')
  .description('bring it up in the background; takes over guests that outlived a killed node')
  .addOption(
    new Option('--engine <engine>', 'what runs guests').choices(['qemu', 'simulated']).default('qemu'),
  )
  .addOption(new Option('--name <name>', 'the name of the node').argParser(nodeName).default(DEFAULT_NAME))
  .option('--no-forward', 'do not forward ports of guests to 127.0.0.1')
  .option('--no-link', 'do not print a link that logs in to its page')
  .action(async ({ link, ...options }) => {
    console.log(await line.show('Local node', up(environment, options)));
    if (link) console.log(await pageLink());
  });
command
  .command('link')
  .description('print another link that logs in to its page, once and within ten minutes')
  .action(async () => console.log(await pageLink()));
command
  .command('password')
  .description(
    'set the password of root@pam, for its page: asked for, or the first line of the standard input',
  )
  .action(async () => {
    const connection = nodeThatIsUp();
    const password = await readSecret('New password of root@pam (8 to 64 characters): ');
    if (!password) throw new InputError('no password was given, and nothing is changed');
    if (password.length < 8 || password.length > 64) {
      throw new InputError(
        'the password has fewer than 8 or more than 64 characters, and nothing is changed',
      );
    }
    await setRootPassword(environment, connection, password);
    console.log(`root@pam logs in with it at ${connection.endpoint}`);
  });
command
  .command('down')
  .description('shut its guests down and end it, with everything that it has running')
  .option('--purge', 'remove its state too: guests, disks, images, keys')
  .action(async (options) => console.log(await line.show('Local node', down(environment, options))));
command
  .command('status')
  .description('say whether it is up, and what runs on it; the exit code is 1 if it is not up')
  .option('--json', 'for programs')
  .action(async ({ json }: { json?: boolean }) => {
    const report = await status(environment);
    console.log(json ? JSON.stringify(report, null, 2) : describeNode(report));
    if (!report.up) process.exitCode = EXIT.failed;
  });

void runCommand(async () => {
  await command.parseAsync();
});

async function pageLink(): Promise<string> {
  return linkWords(await makePageLink(nodeThatIsUp()));
}

function nodeThatIsUp(): ConnectionFile {
  const connection = readConnection(environment);
  if (!connection) throw new Error('the local node is not up: npm run node -- up');
  return connection;
}

function nodeName(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)) return text;
  throw new InvalidArgumentError('it must be a host name without dots.');
}
