import Table from 'cli-table3';
import { Command, InvalidArgumentError, Option } from 'commander';
import { BAD_INPUT, inputFault } from '../config';
import type { Environment } from '../config/paths';
import { accelerationWords, down, type NodeReport, status, up, uplinkWords } from '../local-node/lifecycle';

const DEFAULT_NAME = 'pve';

/** A report as a person reads it. */
export function render(report: NodeReport): string {
  if (!report.up) {
    const left = `Its own process has been killed, and ${report.leftProcesses} of its processes are left: \`npm run node -- up\` takes them over, \`down\` ends them.`;
    return `The local node is not up.${report.leftProcesses > 0 ? ` ${left}` : ''}`;
  }
  const memory = `${mebibytes(report.memoryUsedBytes)} of ${mebibytes(report.memoryTotalBytes)} MiB memory used`;
  const out = report.uplink ? `\n${uplinkWords(report.uplink)}` : '';
  const head = `${report.endpoint}  ${accelerationWords(report.acceleration)}  process ${report.pid}  ${memory}  up ${report.uptimeSeconds} s${out}`;
  if (report.guests.length === 0) return `${head}\nno guests`;
  const table = new Table({
    head: ['vmid', 'name', 'status', 'memory, MiB', 'uptime, s'],
    style: { head: [], border: [] },
  });
  for (const guest of report.guests) {
    const { vmid, name = '', status: state, mem, maxmem, uptime } = guest;
    table.push([vmid, name, state, `${mebibytes(mem)} of ${mebibytes(maxmem)}`, uptime ?? '?']);
  }
  return `${head}\n${table.toString()}`;
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? '?' : (bytes / 2 ** 20).toFixed(0);
}

function nodeName(text: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)) return text;
  throw new InvalidArgumentError('it must be a host name without dots.');
}

async function main(argv: readonly string[], env: Environment): Promise<void> {
  const program = new Command('npm run node --')
    .description('The embedded local node, which stands in for a Proxmox VE node.')
    .addHelpText(
      'after',
      '\nExamples:\n  npm run node -- up\n  npm run node -- up --engine simulated\n  npm run node -- status --json\n' +
        '  npm run node -- down --purge\n\nEnvironment:\n  LAB_NODE_PORT (8006), LAB_NODE_SSH_PORT (8022), LAB_NODE_STATE (.lab/node)\n\nExit codes: 0 done, 1 failed, 2 bad input, 3 not up (status).',
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  program
    .command('up')
    .description('bring it up in the background; takes over guests that outlived a killed node')
    .addOption(
      new Option('--engine <engine>', 'what runs guests').choices(['qemu', 'simulated']).default('qemu'),
    )
    .addOption(new Option('--name <name>', 'the name of the node').argParser(nodeName).default(DEFAULT_NAME))
    .action(async (options) => console.log(await up(env, options)));
  program
    .command('down')
    .description('shut its guests down and end it, with everything that it has running')
    .option('--purge', 'remove its state too: guests, disks, images, keys')
    .action(async (options) => console.log(await down(env, options)));
  program
    .command('status')
    .description('say whether it is up, and what runs on it; exit code 3 if it is not up')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const report = await status(env);
      console.log(json ? JSON.stringify(report, null, 2) : render(report));
      if (!report.up) process.exitCode = 3;
    });
  await program.parseAsync([...argv]);
}

if (process.argv[1] === __filename) {
  main(process.argv, process.env).catch((error: Error) => {
    console.error(error.name === 'Error' ? error : error.message);
    process.exitCode = inputFault(error) === undefined ? 1 : BAD_INPUT;
  });
}
