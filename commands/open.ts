/** `npm run open`: an application of the lab, or the node's page, in this machine's browser. */
import { connect } from 'node:net';
import { environment, loadLab, loadRole } from '../config';
import { applicationAddress, localPort } from '../config/application-address';
import { readConnection } from '../config/load-target';
import { sshOfNode } from '../config/ssh-of-node';
import { LoopbackForward } from '../machine/loopback-forward';
import { NodeShell } from '../proxmox/node-shell';
import { openInBrowser } from './browser';
import { commandLine } from './command-line';
import { type GuestAtHand, withGuest } from './guests';
import { openNode } from './open-node';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run open --',
  description:
    'Opens an application of the lab, or the page of its node, in the browser, or prints its address where there is no desktop. Where no way leads to a guest of a Proxmox VE node, it keeps a tunnel until Ctrl-C.',
  examples: ['npm run open -- wordpress', 'npm run open -- wordpress --print', 'npm run open -- node'],
})
  .argument('<guest>', 'its name in lab.yaml, or node')
  .option('--print', 'print the address only');

/** How long a guest is waited for before another way is tried, milliseconds. */
const PATIENCE = 5_000;

/** A guest of this name comes first. */
const NODE = 'node';

void runCommand(async () => {
  const name = command.parse().args[0] ?? '';
  const isGuest = name !== NODE || loadLab().guests.some((guest) => guest.name === NODE);
  return isGuest ? withGuest(name, open) : openNode(command.opts<{ print?: boolean }>().print === true);
});

async function open(hand: GuestAtHand): Promise<void> {
  const { lab, guest, target } = hand;
  const role = loadRole(guest);
  const address = applicationAddress(lab, guest, role);
  const here = `http://${address.onThisMachine}${role.frontPage}`;
  if (target.kind === 'local') {
    requireForward(hand);
    if (!(await answers('127.0.0.1', localPort(guest.vmid, lab.localPorts)))) {
      throw new Error(
        `${guest.name}: nothing answers at ${address.onThisMachine}; npm run node -- status says what is forwarded and what is in the way`,
      );
    }
    return show(here);
  }
  const direct = `http://${address.inLab}${role.frontPage}`;
  if (await shows(direct, role.title)) return show(direct);
  await tunnel(hand, role.port, here);
}

function requireForward({ guest }: GuestAtHand): void {
  if (readConnection(environment)?.forwards) return;
  throw new Error(
    `${guest.name}: the local node forwards nothing: its guests are simulated, or it was brought up with --no-forward`,
  );
}

/** Through SSH on the guest's node, until Ctrl-C or until the node ends it. */
async function tunnel({ lab, guest, target }: GuestAtHand, port: number, url: string): Promise<void> {
  const shell = await NodeShell.connect(sshOfNode(target.ssh, lab, guest.node));
  const local = localPort(guest.vmid, lab.localPorts);
  const forward = await LoopbackForward.listen(local, () => shell.dial(guest.address, port), {
    onFault: (fault) => console.error(fault.message),
  }).catch((error: NodeJS.ErrnoException) => {
    shell.close();
    if (error.code !== 'EADDRINUSE') throw error;
    throw new Error(
      `port ${local} on 127.0.0.1 is in use by another program, or a tunnel of this guest is open already: ${url}`,
      { cause: error },
    );
  });
  console.log(`Until Ctrl-C ${guest.name} answers here, through SSH on its node.`);
  show(url);
  const stopped = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await Promise.race([stopped, shell.closed]);
  await forward.close();
  shell.close();
}

function show(url: string): void {
  console.log(url);
  if (!command.opts<{ print?: boolean }>().print) openInBrowser(url);
}

/** Whether the application itself is there: proxies of some networks take a connection to any address. */
async function shows(url: string, title: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    return (await answer.text()).includes(title);
  } catch {
    return false;
  }
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE });
    const end = (does: boolean) => {
      socket.destroy();
      resolve(does);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });
}
