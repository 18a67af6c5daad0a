import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';

/** Why the local node has no VLANs, as far as this machine is the reason. */
export function whyNoVlans(has = kernelHasVlans()): string {
  return has
    ? 'the local node makes no VLANs; a Proxmox VE node does'
    : 'the kernel of this machine has no VLANs (module 8021q), and so the local node has none; a Proxmox VE node does';
}

/** Whether VLANs are loaded, built in, or a module that can be loaded. */
export function kernelHasVlans(
  modules = join('/lib/modules', release()),
  loaded = '/proc/net/vlan',
): boolean {
  const lists = ['modules.builtin', 'modules.dep'].map((name) => join(modules, name));
  return (
    existsSync(loaded) ||
    lists.some((list) => existsSync(list) && /\/8021q\.ko/.test(readFileSync(list, 'utf8')))
  );
}
