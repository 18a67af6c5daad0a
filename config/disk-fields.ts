import { z } from 'zod';

/** How a guest's disk is kept and used on the node, in Proxmox VE's own words; what is absent is the node's own. */
export const diskFields = {
  cache: z
    .enum(['none', 'writeback', 'writethrough', 'directsync', 'unsafe'])
    .optional()
    .describe(
      "Cache mode of its disk on the node, as Proxmox VE names it; absent = none on Proxmox VE, unsafe on the local node, where the disk's speed is then not measured (docs/explanation/method.md).",
    ),
  format: z
    .enum(['qcow2', 'raw'])
    .optional()
    .describe(
      "Format of its disk; absent = the storage's own. Block storages (LVM, ZFS, Ceph) hold raw alone. Clones have the format of their VM template.",
    ),
  discard: z
    .enum(['on', 'ignore'])
    .optional()
    .describe(
      'Whether space that the guest gives back is given back on the storage; absent = ignore on Proxmox VE, on on the local node.',
    ),
  iothread: z
    .boolean()
    .optional()
    .describe("Whether its disk is served by a thread of its own on the node; absent = by QEMU's main loop."),
  aio: z
    .enum(['native', 'threads', 'io_uring'])
    .optional()
    .describe(
      'How QEMU reads and writes the disk; absent = io_uring. native needs `cache: none` or `cache: directsync`.',
    ),
};
