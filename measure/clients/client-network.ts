import type { Client, Network } from '../../config/lab';
import type { Shell } from '../../proxmox/node-shell';

/** A client of scenario 2: a network namespace on the node, joined to the clients' bridge by a veth pair. */
export interface ClientNamespace {
  readonly client: Client;
  /** Name of the network namespace. */
  readonly namespace: string;
  /** The client's interface, inside its namespace. */
  readonly interface: string;
  /** The other end of the pair, on the bridge. */
  readonly nodeInterface: string;
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
 * The clients' namespaces of one lab on the node, and the forwarding between the two networks. `create` removes what a
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
    network: Network,
    clients: readonly Client[],
  ): Promise<ClientNetwork> {
    await removeClientNetwork(shell, lab);
    const made = clients.map((client, index) => ({
      client,
      namespace: `${namespacePrefix(lab)}${client.name}`,
      interface: 'eth0',
      // 15 characters are all that Linux has for a name.
      nodeInterface: `${lab.slice(0, 10)}.c${index + 1}`,
    }));
    try {
      await enableForwarding(shell, lab);
      for (const each of made) await createClient(shell, lab, network, each);
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
  network: Network,
  client: ClientNamespace,
): Promise<void> {
  const { namespace, nodeInterface } = client;
  const prefix = network.cidr.split('/')[1];
  const outside = [
    `netns add ${namespace}`,
    `link add ${nodeInterface} type veth peer name ${client.interface} netns ${namespace}`,
    `link set dev ${nodeInterface} alias ${mark(lab)}${client.client.name}`,
    `link set dev ${nodeInterface} master ${network.bridge} up`,
  ];
  const inside = [
    'link set dev lo up',
    `link set dev ${client.interface} up`,
    `address add ${client.client.address}/${prefix} dev ${client.interface}`,
    `route add default via ${network.gateway}`,
  ];
  await shell.run(['ip', '-batch', '-'], { stdin: outside.join('\n') });
  await shell.run(['ip', '-netns', namespace, '-batch', '-'], { stdin: inside.join('\n') });
  if (network.rateBitsPerSecond !== undefined) {
    const shape = shaping(network.rateBitsPerSecond);
    await shell.run(['tc', 'qdisc', 'add', 'dev', nodeInterface, 'root', ...shape]);
    await shell.run(['tc', '-netns', namespace, 'qdisc', 'add', 'dev', client.interface, 'root', ...shape]);
  }
}

/** Token bucket of tc-tbf(8): the bucket holds 4 ms of the rate and two full frames at least; 50 ms of queue. */
function shaping(rateBitsPerSecond: number): readonly string[] {
  const burst = Math.max(2 * 1514, Math.ceil((rateBitsPerSecond / 8) * 0.004));
  return ['tbf', 'rate', `${rateBitsPerSecond}bit`, 'burst', `${burst}b`, 'latency', '50ms'];
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

/** Removes all namespaces, veth pairs and settings that runs of this lab made on the node. Idempotent. */
export async function removeClientNetwork(shell: Shell, lab: string): Promise<void> {
  const links = await shell.run(['ip', '-json', '-details', 'link', 'show', 'type', 'veth']);
  for (const link of parseList<{ ifname: string; ifalias?: string }>(links.stdout)) {
    if (link.ifalias?.startsWith(mark(lab))) await shell.run(['ip', 'link', 'delete', 'dev', link.ifname]);
  }
  const namespaces = await shell.run(['ip', '-json', 'netns', 'list']);
  for (const { name } of parseList<{ name: string }>(namespaces.stdout)) {
    if (name.startsWith(namespacePrefix(lab))) await shell.run(['ip', 'netns', 'delete', name]);
  }
  const note = await shell.run(['rm', forwardingNote(lab)], { allowFailure: true });
  if (note.code === 0) await shell.run(['tee', forwardingFile], { stdin: '0\n' });
}

/** `ip -json` prints nothing at all where its list is empty. */
function parseList<T>(text: string): readonly T[] {
  return text.trim() === '' ? [] : (JSON.parse(text) as T[]);
}
