import type { Client, ClientsNetwork, Lab } from '../../../config/lab';
import type { Shell } from '../../../proxmox/node-shell';
import { lossRules, removeLoss, shapingCommands } from './link';

/**
 * A client of scenario 2: a network namespace on the node, joined to the clients' bridge by a veth pair; by two, with a
 * bridge of its own between them, where its link is shaped.
 */
export interface ClientNamespace {
  readonly client: Client;
  /** Name of the network namespace. */
  readonly namespace: string;
  /** The client's interface, inside its namespace. */
  readonly interface: string;
  /** The other end of the pair, on the bridge. */
  readonly nodeInterface: string;
  /** What stands between nodeInterface and the clients' bridge where the link is shaped. */
  readonly hop: { readonly bridge: string; readonly inner: string; readonly outer: string };
}

/** Marks what is ours on the node: leftovers of a killed run are found by it, and nothing else is ever removed. */
function mark(lab: string): string {
  return `pve-virtualization-lab:${lab}:`;
}

/** A dot cannot stand in a lab's or client's name: namespaces of the labs "a" and "a-b" are told apart. */
function namespacePrefix(lab: string): string {
  return `${lab}.`;
}

const forwardingFile = '/proc/sys/net/ipv4/ip_forward';

/**
 * The clients' namespaces of one lab on the node, their links' shape, and the forwarding between the two networks. A
 * packet is delayed and slowed down by what a hop's two devices send: to the client after it was captured at the guest's tap,
 * to the server after it was captured at the client, so that the two ends together see it. `create` removes what a
 * killed run may have left; `remove` takes everything away and sets forwarding back.
 */
export class ClientNetwork {
  private constructor(
    private readonly shell: Shell,
    private readonly lab: string,
    readonly clients: readonly ClientNamespace[],
  ) {}

  /** Throws, with nothing left behind, if a namespace cannot be made; the message is that of `ip`. */
  static async create(
    shell: Shell,
    lab: string,
    networks: Lab['networks'],
    clients: readonly Client[],
  ): Promise<ClientNetwork> {
    await removeClientNetwork(shell, lab);
    const made = clients.map((client, index) => {
      // 15 characters are all that Linux has for a name.
      const name = (kind: string): string => `${lab.slice(0, 10)}.${kind}${index + 1}`;
      return {
        client,
        namespace: `${namespacePrefix(lab)}${client.name}`,
        interface: 'eth0',
        nodeInterface: name('c'),
        hop: { bridge: name('b'), inner: name('i'), outer: name('o') },
      };
    });
    const { lossPercent } = networks.clients;
    try {
      await enableForwarding(shell, lab);
      for (const each of made) await createClient(shell, lab, networks.clients, each);
      if (lossPercent !== undefined) {
        await shell.run(['nft', '-f', '-'], { stdin: lossRules(lab, networks, lossPercent) });
      }
    } catch (error) {
      await removeClientNetwork(shell, lab).catch(() => {});
      throw error;
    }
    return new ClientNetwork(shell, lab, made);
  }

  async remove(): Promise<void> {
    await removeClientNetwork(this.shell, this.lab);
  }
}

/** Puts a command into a client's namespace. */
export function inNamespace(namespace: string, command: readonly string[]): readonly string[] {
  return ['ip', 'netns', 'exec', namespace, ...command];
}

async function createClient(
  shell: Shell,
  lab: string,
  network: ClientsNetwork,
  client: ClientNamespace,
): Promise<void> {
  const { namespace, nodeInterface, hop } = client;
  const shaping = [...shapingCommands(nodeInterface, network), ...shapingCommands(hop.inner, network)];
  const alias = `alias ${mark(lab)}${client.client.name}`;
  const prefix = network.cidr.split('/')[1];
  const outside = [
    `netns add ${namespace}`,
    `link add ${nodeInterface} type veth peer name ${client.interface} netns ${namespace}`,
    `link set dev ${nodeInterface} ${alias}`,
    ...(shaping.length === 0
      ? []
      : [
          `link add ${hop.bridge} type bridge`,
          `link set dev ${hop.bridge} ${alias} up`,
          `link add ${hop.inner} type veth peer name ${hop.outer}`,
          `link set dev ${hop.inner} ${alias} master ${hop.bridge} up`,
          `link set dev ${hop.outer} master ${network.bridge} up`,
        ]),
    `link set dev ${nodeInterface} master ${shaping.length === 0 ? network.bridge : hop.bridge} up`,
  ];
  const inside = [
    'link set dev lo up',
    `link set dev ${client.interface} up`,
    `address add ${client.client.address}/${prefix} dev ${client.interface}`,
    `route add default via ${network.gateway}`,
  ];
  await shell.run(['ip', '-batch', '-'], { stdin: outside.join('\n') });
  await shell.run(['ip', '-netns', namespace, '-batch', '-'], { stdin: inside.join('\n') });
  for (const command of shaping) await shell.run(command);
}

/** Without forwarding no client reaches a server. A file tells a later run that it was we who switched it on. */
async function enableForwarding(shell: Shell, lab: string): Promise<void> {
  const state = await shell.run(['cat', forwardingFile]);
  if (state.stdout.trim() === '1') return;
  await shell.run(['touch', forwardingNote(lab)]);
  await shell.run(['tee', forwardingFile], { stdin: '1\n' });
}

function forwardingNote(lab: string): string {
  return `/run/pve-virtualization-lab.${lab}.forwarding`;
}

/** Removes all namespaces, links and settings that runs of this lab made on the node. Idempotent. */
export async function removeClientNetwork(shell: Shell, lab: string): Promise<void> {
  const links = await shell.run(['ip', '-json', '-details', 'link', 'show']);
  for (const link of parseList<{ ifname: string; ifalias?: string }>(links.stdout)) {
    if (link.ifalias?.startsWith(mark(lab))) await shell.run(['ip', 'link', 'delete', 'dev', link.ifname]);
  }
  const namespaces = await shell.run(['ip', '-json', 'netns', 'list']);
  for (const { name } of parseList<{ name: string }>(namespaces.stdout)) {
    if (name.startsWith(namespacePrefix(lab))) await shell.run(['ip', 'netns', 'delete', name]);
  }
  await removeLoss(shell, lab);
  const note = await shell.run(['rm', forwardingNote(lab)], { allowFailure: true });
  if (note.code === 0) await shell.run(['tee', forwardingFile], { stdin: '0\n' });
}

/** `ip -json` prints nothing at all where its list is empty. */
function parseList<T>(text: string): readonly T[] {
  return text.trim() === '' ? [] : (JSON.parse(text) as T[]);
}
