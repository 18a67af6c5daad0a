import { LINK_SECONDS } from '../../access/login-links';
import { ApiError } from '../../base/api-error';
import { type Caller, isRoot } from '../../base/caller';
import { VMID } from '../../formats/parameter-types';
import { Forwards } from '../../forwards/forwards';
import { hasScreen } from '../../guests/guest-spec';
import type { LocalNode } from '../../node';
import { type Route, route } from '../route';
import { loggedIn } from './access';

/** The token that the node writes for the lab's own programs; only the owner of its files can read it. */
const LAB_TOKEN = 'lab';

/** What the node's page asks that Proxmox VE does not have, below /page/api. */
export const pageRoutes: readonly Route[] = [
  route({
    method: 'GET',
    path: '/node',
    permission: 'authenticated',
    parameters: {},
    handle: (node) => ({ name: node.name, acceleration: node.engine.acceleration }),
  }),
  route({
    method: 'GET',
    path: '/guests/{vmid}',
    permission: { path: '/vms/{vmid}', anyOf: ['VM.Audit'] },
    parameters: { vmid: VMID },
    handle: (node, { parameters: { vmid } }) => waysInto(node, vmid),
  }),
  route({
    method: 'POST',
    path: '/links',
    permission: 'self',
    parameters: {},
    handle: (node, { caller }) => {
      requireOwner(node, caller);
      return { secret: node.access.links.make(caller.userId), seconds: LINK_SECONDS };
    },
  }),
  route({
    method: 'POST',
    path: '/login',
    permission: 'open',
    parameters: { secret: { type: 'string', maxLength: 64 } },
    handle: (node, { parameters: { secret } }) => {
      const userId = node.access.links.redeem(secret);
      if (userId === undefined) throw new ApiError(401, 'this link was used already, or is too old');
      return loggedIn(node, userId);
    },
  }),
];

/** How a person gets into a guest: why a console is not there, null where it is, and where its application answers. */
function waysInto(node: LocalNode, vmid: number): Record<string, string | null> {
  const { containers, store } = node.guests;
  const forward = Forwards.read(node.stateDir).find((state) => state.vmid === vmid);
  const open = forward?.fault === undefined ? forward?.local : undefined;
  const application = open === undefined ? null : `127.0.0.1:${open}`;
  if (containers.has(vmid)) {
    const terminal = whyNoConsole(node, containers.engine.isRunning(vmid)) ?? null;
    return { kind: 'lxc', screen: 'a container has none', terminal, application };
  }
  const { values } = store.get(vmid);
  const absent = whyNoConsole(node, node.engine.isRunning(vmid));
  return {
    kind: 'qemu',
    screen: absent ?? (hasScreen(values) ? null : 'its configuration names no graphics card (vga: std)'),
    terminal: absent ?? (values.has('serial0') ? null : 'its configuration has no serial0'),
    application,
  };
}

function whyNoConsole({ engine }: LocalNode, runs: boolean): string | undefined {
  if (engine.acceleration === 'simulated') return 'a simulated guest has none';
  return runs ? undefined : 'the guest does not run';
}

/** A link is a login, which is more than any other token may give away. */
function requireOwner(node: LocalNode, caller: Caller): void {
  if (isRoot(caller) || (caller.tokenId === LAB_TOKEN && isRoot({ userId: caller.userId }))) return;
  throw new ApiError(403, `links to the page of ${node.name} are made by root@pam alone`);
}
