/** `npm run analyse`: what anybody's capture says of its sessions. */
import { InvalidArgumentError } from 'commander';
import { InputError } from '../config/input-error';
import { EXIT } from '../machine/exit-codes';
import { reportCaptures } from '../measure/analyse/captures/capture-report';
import { PacketFilter } from '../measure/analyse/packets/packet-filter';
import { renderCaptures } from '../measure/report/terminal/capture-terminal';
import { commandLine } from './command-line';
import { runCommand } from './run-command';
import { writeJson } from './write-json';

const command = commandLine({
  name: 'npm run analyse --',
  description:
    'Tells what a capture (pcap, pcapng) says of each session, or what the captures of both its ends say.',
  examples: ['npm run analyse -- client.pcapng server.pcapng --address 192.168.10.29 --port 80'],
  notes: 'Incomplete means: a capture is cut off or corrupt, and the figures are of the part before.',
})
  .argument('<client>', 'capture at the client’s end, or the only one')
  .argument('[server]', 'capture at the server’s end, of the same time')
  .option('--address <address>', 'only packets from or to this IPv4 or IPv6 address, the server’s')
  .option('--port <port>', 'only packets from or to this TCP or UDP port, the server’s', port)
  .option('--shared-clock', 'one clock has stamped both captures: also tell one-way delays')
  .option('--outer', 'the packets of tunnels themselves (GRE, VXLAN, IP in IP), not what they carry')
  .option('--json', 'everything, for programs (docs/reference/captures.md)');

void runCommand(async () => {
  const options = command.parse().opts<{
    readonly address?: string;
    readonly port?: number;
    readonly sharedClock?: boolean;
    readonly outer?: boolean;
    readonly json?: boolean;
  }>();
  const [client = '', server = null] = command.args;
  const filter = packetFilter(options.address ?? null, options.port ?? null);
  const report = reportCaptures(client, server, {
    filter,
    sharedClock: options.sharedClock ?? false,
    outer: options.outer ?? false,
  });
  if (options.json) await writeJson(report, process.stdout);
  else process.stdout.write(`${renderCaptures(report)}\n`);
  return report.files.some(({ partial }) => partial !== null) ? EXIT.incomplete : EXIT.done;
});

function packetFilter(address: string | null, number: number | null): PacketFilter {
  try {
    return new PacketFilter(address, number);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(error.message, { cause: error });
  }
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 65535) throw new InvalidArgumentError('1 to 65535.');
  return value;
}
