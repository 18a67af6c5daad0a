/** What the agent of a simulated guest tells about its system: the fields of a real one, with values that say so. */

export const SYSTEM = {
  ...{ id: 'simulated', name: 'Simulated', 'pretty-name': 'Simulated guest', machine: 'x86_64' },
  ...{
    version: 'simulated',
    'version-id': '0',
    'kernel-version': 'simulated',
    'kernel-release': 'simulated',
  },
};

const GIB = 1024 ** 3;

export const ROOT = {
  ...{ name: 'vda1', mountpoint: '/', type: 'ext4', 'used-bytes': GIB, 'total-bytes': 3 * GIB },
  disk: [
    {
      ...{ bus: 0, target: 0, unit: 0, 'bus-type': 'virtio', dev: '/dev/vda1' },
      'pci-controller': { domain: 0, bus: 0, slot: 10, function: 0 },
    },
  ],
};

const HERE =
  'exec exec-status file-close file-open file-read file-write fsfreeze-status fstrim get-fsinfo get-host-name get-osinfo get-time get-timezone get-users get-vcpus info network-get-interfaces ping set-user-password';
const NOT_HERE =
  'file-flush file-seek fsfreeze-freeze fsfreeze-freeze-list fsfreeze-thaw get-cpustats get-devices get-disks get-diskstats get-memory-block-info get-memory-blocks set-memory-blocks set-time set-vcpus shutdown ssh-add-authorized-keys ssh-get-authorized-keys ssh-remove-authorized-keys suspend-disk suspend-hybrid suspend-ram sync sync-delimited';

/** The commands of QEMU's agent, with those enabled that a simulated guest knows. */
export function agentCommands(): object[] {
  const rows = (names: string, enabled: boolean) =>
    names.split(' ').map((name) => ({ name: `guest-${name}`, enabled, 'success-response': true }));
  return [...rows(HERE, true), ...rows(NOT_HERE, false)];
}
