import type { Guest, Lab } from '../config/lab';
import { sshOfNode } from '../config/ssh-of-node';
import type { Target } from '../config/target';
import type { ApiClient } from './api-client';
import { ContainerAccess } from './container-access';
import type { GuestAccess } from './guest-access';
import { GuestAgent } from './guest-agent';
import { NodeShell, type Shell } from './node-shell';

/** The way into a guest of its kind. `shell` is of the guest's node. */
export function guestAccess(
  client: ApiClient,
  shell: Pick<Shell, 'run'>,
  guest: Pick<Guest, 'kind' | 'vmid' | 'node'>,
): GuestAccess {
  return guest.kind === 'container' ? new ContainerAccess(shell, guest) : new GuestAgent(client, guest);
}

/** The shell of a guest's node, connected with its first command: a VM needs none. Close it when done. */
export class ShellWhenNeeded implements Pick<Shell, 'run'> {
  private connecting?: Promise<NodeShell>;

  constructor(
    private readonly target: Target,
    private readonly lab: Pick<Lab, 'nodes'>,
    private readonly node: string | undefined,
  ) {}

  async run(...[command, options]: Parameters<Shell['run']>): ReturnType<Shell['run']> {
    this.connecting ??= NodeShell.connect(sshOfNode(this.target.ssh, this.lab, this.node));
    // A node that could not be reached is tried again by the next command.
    this.connecting.catch(() => {
      this.connecting = undefined;
    });
    return (await this.connecting).run(command, options);
  }

  async close(): Promise<void> {
    (await this.connecting?.catch(() => undefined))?.close();
  }
}
