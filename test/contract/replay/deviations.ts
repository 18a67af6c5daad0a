import type { NumberedCall } from './recording';

/**
 * Recorded calls that the local node answers otherwise on purpose: file, lines, and the reason, which
 * docs/reference/local-node.md lists too. A call named here that matches after all fails the test.
 */
export interface Deviation {
  readonly reason: string;
  /** Lines by file. */
  readonly calls: Readonly<Record<string, readonly number[]>>;
}

export const DEVIATIONS: readonly Deviation[] = [
  {
    reason: 'A malformed JSON body is refused with the same status, without a line number of Perl.',
    calls: { '03-errors': [147] },
  },
  {
    reason: "What a guest agent tells about its guest is the guest's own; a simulated guest tells less.",
    calls: { '06-agent-clone-snapshot': [2, 5] },
  },
  {
    reason: 'Bridges are the only interfaces that can be declared; VLANs and bonds answer 501.',
    calls: { '08-network': [26, 27, 29] },
  },
  {
    reason: 'bridge_vlan_aware=0 means no; VLAN-aware bridges answer 501.',
    calls: { '08-network': [43] },
  },
  {
    reason:
      'A container has its root file system and no other volume: mount points answer 501 once they are well formed.',
    calls: { '11-containers': [102] },
  },
  {
    reason:
      'What a real node writes and then refuses, or takes word by word and so breaks a container, is refused at once.',
    calls: { '11-containers': [101, 125] },
  },
  {
    reason:
      'A guest that no look has been taken at yet is unknown in the lists, and not named after its number.',
    calls: { '11-containers': [18] },
  },
  {
    reason: 'A container whose creation has ended is there to be deleted, and is.',
    calls: { '11-containers': [178] },
  },
  {
    reason: 'A restore that fails leaves nothing, where Proxmox VE leaves a machine without disks.',
    calls: { '13-backup': [148, 153] },
  },
  {
    reason: "A container's root file system is a directory (`subvol-101-disk-0.subvol`);",
    calls: { '13-backup': [152] },
  },
];

/** Is the call named in the list? */
export function isListed(list: readonly Deviation[], { file, line }: NumberedCall): boolean {
  return list.some(({ calls }) => calls[file]?.includes(line));
}
