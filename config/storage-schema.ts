import { z } from 'zod';
import { hostAddress, storageId } from './fields';

export const CONTENT_TYPES = ['images', 'rootdir', 'vztmpl', 'backup', 'iso', 'snippets', 'import'] as const;

export const contentTypes = z.array(z.enum(CONTENT_TYPES));

const absolutePath = z.string().regex(/^\/[^;()\s]+$/, {
  error: (issue) => `"${issue.input}" is no absolute path of a storage`,
});
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.:/-]*$/, {
  error: (issue) => `"${issue.input}" is no name of a volume group or pool`,
});

/** A storage that the lab declares on the node. Which fields a type needs stands in storage-rules.ts. */
const declaredStorage = z.strictObject({
  type: z
    .enum(['directory', 'nfs', 'lvm', 'lvmthin', 'zfspool'])
    .describe('Kind of storage; on the local node `directory` alone.'),
  content: contentTypes.min(1, 'needs a type of content').describe('What may lie there.'),
  path: absolutePath
    .optional()
    .describe(
      "Of a directory on the node, made if absent; absent = below the local node's own, and /var/lib/pve-virtualization-lab/ and its identifier on Proxmox VE.",
    ),
  server: hostAddress.optional().describe('Of NFS: IPv4 address of the server.'),
  export: absolutePath.optional().describe('Of NFS: the exported directory.'),
  volumeGroup: name.optional().describe('Of LVM and LVM-thin.'),
  thinPool: name.optional().describe('Of LVM-thin.'),
  zfsPool: name.optional().describe('Of ZFS: pool or dataset.'),
});

export const declaredStorages = z.record(storageId, declaredStorage);
