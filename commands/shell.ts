/** `npm run shell`: a command in a guest, or a shell on its serial console. */
import { InvalidArgumentError, Option } from 'commander';
import { commandLine } from './command-line';
import { withGuest } from './guests';
import { runCommand } from './run-command';
import { serialShell } from './serial-shell';

const command = commandLine({
  name: 'npm run shell --',
  description:
    "Runs a command in a guest, as root, through the guest agent (of a container by pct exec), and ends with its exit code; without a command, a shell on the guest's serial console, or in the container (Ctrl-] leaves it).",
  examples: [
    'npm run shell -- wordpress',
    'npm run shell -- wordpress -- uptime',
    `npm run shell -- wordpress -- sh -c 'tail -n 20 /var/log/apache2/*.log'`,
  ],
  notes: 'COMMAND is no line for a shell: its words reach the program as they are.',
})
  .argument('<guest>', 'its name in lab.yaml')
  .argument('[command...]')
  .addOption(
    new Option('--timeout <seconds>', 'longest wait for the command').argParser(seconds).default(3600),
  )
  .passThroughOptions();

void runCommand(() => {
  const [name = '', ...given] = command.parse().args;
  // A second -- is handed on as a word: npm has taken none before it.
  const words = given[0] === '--' ? given.slice(1) : given;
  const { timeout } = command.opts<{ timeout: number }>();
  return withGuest(name, async (hand) => {
    if (words.length === 0) return serialShell(hand);
    const { exitCode, stdout, stderr } = await hand.access.exec(words, { timeoutSeconds: timeout });
    process.stdout.write(stdout);
    process.stderr.write(stderr);
    process.exitCode = exitCode;
  });
});

function seconds(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('it must be seconds.');
}
