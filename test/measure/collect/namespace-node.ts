import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { LocalShell } from './local-shell';

/**
 * A node made of namespaces, for which no privilege is needed: bridges vmbr10 and vmbr20 with their addresses, and one
 * "guest", a namespace behind tap129i0 with 192.168.10.29. Everything vanishes with the holder process.
 */
export class NamespaceNode {
  private constructor(
    private readonly holder: ChildProcess,
    readonly shell: LocalShell,
  ) {}

  static async create(): Promise<NamespaceNode> {
    const holder = spawn('unshare', ['-Urnm', 'bash', '-ec', setUp], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(holder.stdout as NodeJS.ReadableStream, 'data');
    if (String(line).trim() !== 'ready') throw new Error(`the namespaces were not made: ${line}`);
    return new NamespaceNode(holder, new LocalShell(NamespaceNode.entrance(holder)));
  }

  private static entrance({ pid }: ChildProcess): readonly string[] {
    return ['nsenter', `--target=${pid}`, '--user', '--net', '--mount', '--preserve-credentials', '--'];
  }

  /** Puts a command onto the node, for those who run it themselves. */
  enter(command: readonly string[]): string[] {
    return [...NamespaceNode.entrance(this.holder), ...command];
  }

  /** Puts a command into the guest. */
  inGuest(command: readonly string[]): readonly string[] {
    return ['ip', 'netns', 'exec', 'guest', ...command];
  }

  async remove(): Promise<void> {
    const gone = once(this.holder, 'exit');
    this.holder.stdin?.end();
    await gone;
  }
}

const setUp = `
mount -t tmpfs tmpfs /run
ip link set dev lo up
ip link add vmbr10 type bridge
ip link add vmbr20 type bridge
ip address add 192.168.10.1/24 dev vmbr10
ip address add 192.168.20.1/24 dev vmbr20
ip netns add guest
ip link add tap129i0 type veth peer name eth0 netns guest
ip link set dev vmbr10 up
ip link set dev vmbr20 up
ip link set dev tap129i0 master vmbr10 up
ip -netns guest link set dev lo up
ip -netns guest link set dev eth0 up
ip -netns guest address add 192.168.10.29/24 dev eth0
ip -netns guest route add default via 192.168.10.1
echo 0 >/proc/sys/net/ipv4/ip_forward
echo ready
cat >/dev/null
`;
