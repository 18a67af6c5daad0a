import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Lab } from '../config/lab';
import { CHOSEN_VMIDS, vmidOwners, withoutVmid } from '../config/vmids';
import { writeWholeFileSync } from '../machine/whole-file';

/** Keeps the vmids that lab.yaml, as it is written, leaves out; there is nothing to keep where it has them all. */
export function keepVmids(written: Lab, lab: Lab, file: string = CHOSEN_VMIDS): void {
  const chosen = new Set(withoutVmid(written));
  if (chosen.size === 0) {
    rmSync(file, { force: true });
    return;
  }
  const kept = vmidOwners(lab)
    .filter(({ name }) => chosen.has(name))
    .map((vm) => ({ name: vm.name, ...('address' in vm && { ipAddress: vm.address }), vmid: vm.vmid }));
  mkdirSync(dirname(file), { recursive: true });
  writeWholeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
}
