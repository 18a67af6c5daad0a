/** What this machine's control groups hold for containers of the local node, before there is one. */
import type { Guest } from '../config/lab';
import { type KeptLimits, notLimited } from '../local-node/engine/container-engine';
import { ContainerCgroups } from '../local-node/engine/lxc/container-cgroups';
import { type Finding, fault, ok, warning } from '../proxmox/checks/finding';

const SUBJECT = 'limits of containers';
const DELEGATED = '`systemd-run --user --scope -p Delegate=yes npm start`';

/** Nothing where no guest is a container. `groups` are those of this machine. */
export function containerLimits(
  guests: readonly Pick<Guest, 'kind'>[],
  groups: { readonly keptLimits: KeptLimits; readonly missing: string } = new ContainerCgroups('pve-lab'),
): readonly Finding[] {
  if (!guests.some(({ kind }) => kind === 'container')) return [];
  if (groups.missing !== '') {
    const found = 'this user may make no control groups, without which no systemd runs in a container';
    return [fault(SUBJECT, found, `${DELEGATED} gives it one; or be root`)];
  }
  const not = notLimited(groups.keptLimits);
  if (not.length === 0) return [ok(SUBJECT, 'memory and cpu')];
  const found = `${not.join(' and ')} not limited: the node may use no such controller of control groups`;
  const remedy =
    'containers run all the same, and figures say so; limits need root, or controllers that this user has';
  return [warning(SUBJECT, found, remedy)];
}
