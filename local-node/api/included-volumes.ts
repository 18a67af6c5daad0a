import { isCdrom } from '../formats/drive';
import type { BackupJob } from '../formats/jobs-config';
import { drivesOf, textOf } from '../formats/option-values';
import { hostnameOf, rootOf } from '../guests/containers/container-spec';
import type { LocalNode } from '../node';

/** All guests with what lists of backups say of each. */
function guests({ guests: { store, containers } }: LocalNode) {
  const machines = [...store.readable()].map(([vmid, { values }]) => ({
    ...{ vmid, type: 'qemu' as const, values, name: textOf(values, 'name') },
  }));
  const others = [...containers.store.readable()].map(([vmid, { values }]) => ({
    ...{ vmid, type: 'lxc' as const, values, name: hostnameOf(vmid, values) },
  }));
  return [...machines, ...others].sort((a, b) => a.vmid - b.vmid);
}

function isOf(node: LocalNode, job: BackupJob, vmid: number): boolean {
  const chosen = node.backupJobs.guestsOf(job);
  const excluded = (job.options.exclude ?? '').split(',').includes(String(vmid));
  return chosen === 'all' ? !excluded : chosen.includes(vmid);
}

/** The guests of a job, each with its volumes and whether the backup has them. */
export function includedVolumes(node: LocalNode, job: BackupJob): object[] {
  return guests(node)
    .filter(({ vmid }) => isOf(node, job, vmid))
    .map(({ vmid, type, values, name }) => {
      const leaf = (slot: string, volume: string, included: boolean, reason: string) => {
        return { id: `${vmid}:${slot}`, name: volume, leaf: 1, included: included ? 1 : 0, reason };
      };
      const root = type === 'lxc' ? rootOf(values) : undefined;
      const drives = type === 'lxc' ? [] : drivesOf(values).filter(({ drive }) => !isCdrom(drive));
      const children = [
        ...(root ? [leaf('rootfs', root.volume, true, 'rootfs')] : []),
        ...drives.map(({ slot, drive }) =>
          leaf(slot, drive.file, drive.backup !== false, drive.backup === false ? 'disabled' : 'enabled'),
        ),
      ];
      return { id: vmid, type, leaf: 0, ...(name === undefined ? {} : { name }), children };
    });
}

/** Guests that no job that is there, on or off, is for. */
export function notBackedUp(node: LocalNode): object[] {
  const jobs = node.backupJobs.list();
  return guests(node)
    .filter(({ vmid }) => !jobs.some((job) => isOf(node, job, vmid)))
    .map(({ vmid, type, name }) => ({ vmid, type, ...(name === undefined ? {} : { name }) }));
}
