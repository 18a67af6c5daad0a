import { Command, InvalidArgumentError } from 'commander';
import { reportCaptures } from '../measure/analyse/captures/capture-report';
import { CaptureFault } from '../measure/analyse/packets/capture-format';
import { PacketFilter } from '../measure/analyse/packets/packet-filter';
import { renderCaptures } from '../measure/report/terminal/capture-terminal';

/** Exit codes; 0 = everything was read. */
const exit = { unreadable: 1, usage: 2, partial: 3 } as const;

interface Options {
  readonly address?: string;
  readonly port?: number;
  readonly sharedClock?: boolean;
  readonly json?: boolean;
}

function main(): void {
  const program = new Command('analyse')
    .description(
      'Tell what a capture (pcap, pcapng) says of each session, or what the captures of both its ends say',
    )
    .argument('<client>', 'capture at the client’s end, or the only one')
    .argument('[server]', 'capture at the server’s end, of the same time')
    .option('--address <address>', 'only packets from or to this IPv4 or IPv6 address, the server’s')
    .option('--port <port>', 'only packets from or to this TCP or UDP port, the server’s', port)
    .option('--shared-clock', 'one clock has stamped both captures: also tell one-way delays')
    .option('--json', 'everything, for programs (docs/reference/captures.md)')
    .addHelpText(
      'after',
      `
Exit codes: 0 all was read, ${exit.unreadable} a file is no capture, ${exit.usage} bad arguments, ${exit.partial} a capture is cut off or corrupt: figures of the part before.

Example:
  npm run analyse -- client.pcapng server.pcapng --address 192.168.10.29 --port 80`,
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exit.usage))
    .parse();
  const [client = '', server = null] = program.args;
  const { address = null, port: number = null, sharedClock = false, json = false } = program.opts<Options>();
  let filter: PacketFilter;
  try {
    filter = new PacketFilter(address, number);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    console.error(error.message);
    process.exitCode = exit.usage;
    return;
  }
  try {
    const report = reportCaptures(client, server, { filter, sharedClock });
    process.stdout.write(`${json ? JSON.stringify(report, null, 1) : renderCaptures(report)}\n`);
    if (report.files.some(({ partial }) => partial !== null)) process.exitCode = exit.partial;
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    console.error(error.message);
    process.exitCode = exit.unreadable;
  }
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 65535) throw new InvalidArgumentError('1 to 65535.');
  return value;
}

/** A file that is no capture, or cannot be opened: then Node's message names it ("ENOENT: no such file, open 'x.pcap'"). */
function isUnreadable(error: unknown): error is Error {
  return error instanceof CaptureFault || (error instanceof Error && 'syscall' in error);
}

if (process.argv[1] === __filename) main();
