import { z } from 'zod';
import { diskFields } from './disk-fields';
import { address, between, domainName, hostAddress, hostName, networkText, storageId, whole } from './fields';
import { planSchema } from './plan-schema';
import { contentTypes, declaredStorages } from './storage-schema';

/**
 * What lab.yaml may hold, field by field; rules between fields are in lab-rules.ts. Objects are strict, so that a
 * misspelt key is a fault and not a default. Types, the schema for editors and the reference in docs/ are made of it.
 */

/** Virtual size of the template's disk (template/disk.ts), and what a guest's is unless it says otherwise. */
export const TEMPLATE_DISK_GIB = 8;

/** What Proxmox VE can run: KVM guests and LXC containers. */
export const GUEST_KINDS = ['vm', 'container'] as const;

const bridge = z.string().regex(/^vmbr(0|[1-9]\d{0,3})$/, {
  error: (issue) => `"${issue.input}" is not a bridge of Proxmox VE (vmbr0 to vmbr9999)`,
});

const network = z.strictObject({
  bridge: bridge.describe('Linux bridge on the node, vmbr0 to vmbr9999.'),
  cidr: networkText.describe('The network in CIDR notation, for example 192.168.10.0/24.'),
  gateway: address.describe("The node's own address in it, which routes to the other network."),
  rateBitsPerSecond: whole(8_000, 1_000_000_000_000, 'bit/s')
    .optional()
    .describe('Rate of the link to each client or guest, bit/s; absent = not shaped.'),
  vlanAware: z
    .boolean()
    .optional()
    .describe('Whether the bridge knows VLANs; absent = no. Not on the local node.'),
});

const milliseconds = z
  .number()
  .min(0.1, between(0.1, 10_000, 'ms'))
  .max(10_000, between(0.1, 10_000, 'ms'));

const clientsNetwork = network.extend({
  delayMs: milliseconds
    .optional()
    .describe(
      'Added to every packet between client and server, in each direction, so that a round trip takes twice that longer; ms.',
    ),
  jitterMs: milliseconds
    .optional()
    .describe('The delay of each packet is drawn uniformly from delayMs ± jitterMs.'),
  lossPercent: z
    .number()
    .min(0.01, between(0.01, 50, '%'))
    .max(50, between(0.01, 50, '%'))
    .optional()
    .describe('Packets that are dropped at random in each direction, independently of each other, %.'),
});

const cloudImage = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https address' })
      .describe('A dated address: an image that changes under its address changes the experiment.'),
    fileName: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.(qcow2|raw|vmdk)$/, {
      error: (issue) =>
        `"${issue.input}" must end in .qcow2, .raw or .vmdk: Proxmox VE imports nothing else (an .img that is a qcow2 is named .qcow2 here)`,
    }),
    checksumAlgorithm: z.enum(['sha256', 'sha512']),
    minimumDiskGiB: whole(1, 131_072, 'GiB')
      .optional()
      .describe("Virtual size of the image; a guest's disk cannot be smaller."),
    // Empty is told from wrong: lab-rules.ts says where to find one, and only when the image is used.
    checksum: z.string().describe('Hexadecimal, as the distribution publishes it.'),
  })
  .superRefine((image, context) => {
    const digits = image.checksumAlgorithm === 'sha256' ? 64 : 128;
    if (image.checksum !== '' && !new RegExp(`^[0-9a-f]{${digits}}$`).test(image.checksum)) {
      context.addIssue({
        code: 'custom',
        path: ['checksum'],
        message: `must be ${digits} lower-case hexadecimal digits for ${image.checksumAlgorithm}`,
      });
    }
  });

const guest = z.strictObject({
  name: hostName.describe('A host name (RFC 1123 label), unique.'),
  role: z
    .string()
    .describe(
      'The application: `wordpress`, `moodle`, `mediawiki`, or a directory of `roles/` beside this file (docs/how-to/your-own-application.md).',
    )
    .meta({ examples: ['wordpress', 'moodle', 'mediawiki'] }),
  kind: z
    .enum(GUEST_KINDS)
    .default('vm')
    .describe(
      'vm: a KVM guest with a kernel of its own, as in the paper; container: an unprivileged LXC container of the same root file system (docs/how-to/containers.md). LAB_GUESTS, where set, decides for all.',
    ),
  vmid: whole(100, 999_999_999, '(a VM identifier)')
    .optional()
    .describe('Unique in the cluster. May be left out with `vmids: auto`.'),
  address: address.describe("In the servers' network."),
  node: hostName
    .optional()
    .describe("Node of the cluster that it is on; absent = the lab's own (docs/how-to/real-proxmox.md)."),
  cores: whole(1, 128, 'cores').default(1),
  memoryMiB: whole(256, 4_194_304, 'MiB').default(1024),
  diskGiB: whole(4, 131_072, 'GiB')
    .default(TEMPLATE_DISK_GIB)
    .describe(
      `No less than its image has: ${TEMPLATE_DISK_GIB} of the template, minimumDiskGiB of a cloud image.`,
    ),
  ...diskFields,
  vlan: whole(1, 4094, '(a VLAN)')
    .optional()
    .describe(
      "Tag of its network card on a VLAN-aware servers' network, of which the gateway is then in that VLAN: all guests have the same.",
    ),
  image: z.string().optional().describe('Key of images.cloud; used when images.source is cloud.'),
});

const client = z.strictObject({
  name: hostName,
  address: address.describe("In the clients' network."),
});

/** What another node than the lab's own has otherwise; the clients' network is on the lab's own alone. */
const otherNode = z.strictObject({
  storage: z
    .strictObject({ disks: storageId, images: storageId, snippets: storageId })
    .partial()
    .optional()
    .describe('Storage identifiers on that node, as far as they are others.'),
  bridges: z
    .strictObject({ servers: bridge.optional() })
    .optional()
    .describe("Bridge of the servers' network on that node, if it is another."),
  ssh: z
    .strictObject({
      address: domainName.describe('An IPv4 address or a domain name.'),
      port: whole(1, 65_535, '(a port)').default(22),
    })
    .optional()
    .describe('Where its SSH answers; absent = at the address that the API says the node has.'),
});

const kept = whole(1, 10_000, 'backups').optional();

const backup = z.strictObject({
  storage: storageId.describe('Storage of the node that accepts the content `backup`.'),
  schedule: z
    .string()
    .max(128, 'has 128 characters at most')
    .regex(/^[A-Za-z0-9*.,:/ -]+$/, {
      error: (issue) => `"${issue.input}" is no calendar event such as "02:00" or "sat 03:30"`,
    })
    .describe(
      "When backups are made, in the node's time: a calendar event of Proxmox VE, such as `02:00`, `sat 03:30`, `mon..fri *:0/30` or `daily`.",
    ),
  mode: z
    .enum(['snapshot', 'suspend', 'stop'])
    .default('snapshot')
    .describe('What the guest does meanwhile: go on, stand still for a moment, or be shut down.'),
  compression: z.enum(['none', 'gzip', 'lzo', 'zstd']).default('zstd'),
  retention: z
    .strictObject({ last: kept, hourly: kept, daily: kept, weekly: kept, monthly: kept, yearly: kept })
    .optional()
    .describe(
      'How many backups of each guest stay: the last ones, and the last of so many days, ...; absent = all.',
    ),
});

export const labSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, {
      error: (issue) =>
        `"${issue.input}" must be lower-case letters, digits and inner hyphens, 32 at most: it is a tag and a file name prefix on the node`,
    })
    .describe('Tag of everything that the lab makes on the node; also a prefix of file names there.'),
  node: z.strictObject({
    name: hostName.describe('Name of the node in its cluster; PROXMOX_VE_NODE_NAME, where set, goes first.'),
    timeZone: z
      .string()
      .regex(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/, {
        error: (issue) => `"${issue.input}" is not a time zone such as Europe/Madrid`,
      })
      .optional()
      .describe('Time zone of the node.'),
    dns: z
      .strictObject({
        domain: domainName,
        servers: z.array(hostAddress).min(1, 'needs a server').max(3, 'has 3 servers at most'),
      })
      .optional()
      .describe('DNS settings of the node.'),
    hosts: z
      .array(z.strictObject({ address, names: z.array(domainName).min(1, 'needs a name') }))
      .optional()
      .describe('The whole hosts file of the node, which the provider replaces.'),
    storageContent: contentTypes
      .optional()
      .describe('Content types that the storage of snippets and images must accept.'),
  }),
  storage: z
    .strictObject({
      disks: storageId,
      images: storageId,
      snippets: storageId,
      shared: z
        .array(storageId)
        .optional()
        .describe(
          'Those that several nodes share (NFS, CephFS): files are put there once, and not once for each node.',
        ),
    })
    .describe('Storage identifiers on the node.'),
  storages: declaredStorages
    .optional()
    .describe(
      'Storages that the lab makes on the node and takes away again, by identifier; `storage` names them like any other (docs/how-to/declare-storages.md).',
    ),
  nodes: z
    .record(hostName, otherNode)
    .optional()
    .describe("What other nodes of the cluster have otherwise than the lab's own, by name."),
  networks: z.strictObject({
    servers: network.describe("The guests' network."),
    clients: clientsNetwork.describe(
      "The clients' network; what shapes its links is a factor of scenario 2.",
    ),
  }),
  images: z.strictObject({
    source: z
      .enum(['template', 'cloud'])
      .describe(
        "template: one image with everything in it, built by template/ and uploaded; cloud: the distributions' cloud images, downloaded by the node.",
      ),
    deploy: z
      .enum(['import', 'linked-clone', 'full-clone'])
      .default('import')
      .describe(
        'How a guest gets its disk. import: from the image. linked-clone, full-clone: from one VM template made of the image, as a layer over its disk or as a copy (docs/explanation/storage.md).',
      ),
    templateVmid: whole(100, 999_999_999, '(a VM identifier)')
      .optional()
      .describe(
        'vmid of the VM template; further images and nodes have theirs at the numbers after it, in the order of `cloud`. May be left out with `vmids: auto`.',
      ),
    cloud: z.record(z.string(), cloudImage).default({}).describe('Cloud images by name.'),
  }),
  backup: backup
    .optional()
    .describe(
      "Backups of the lab's guests at their times, by a job of the cluster (docs/how-to/back-up.md).",
    ),
  readinessSeconds: whole(30, 86_400, 'seconds')
    .default(1800)
    .describe("Longest wait for a guest's application, from the moment its VM runs."),
  localPorts: z
    .literal([10_000, 20_000, 30_000, 40_000, 50_000])
    .default(20_000)
    .describe(
      "Where applications open in a browser of this machine: 127.0.0.1, at this port and the last four digits of the guest's vmid.",
    ),
  vmids: z
    .literal('auto')
    .optional()
    .describe(
      'auto: guests without a `vmid` get free ones when they are first deployed, and keep them (docs/how-to/several-labs.md).',
    ),
  guests: z.array(guest).describe('Any number; a level of scenario 1 is the first of them.'),
  clients: z.array(client).describe('Clients of scenario 2.'),
  seed: whole(0, 4_294_967_295, '(a seed)').describe(
    'Orders of visits and sessions, and think times, are drawn from it.',
  ),
  plans: z
    .record(z.string().regex(/^[a-z0-9-]+$/, 'lower-case letters, digits and hyphens only'), planSchema)
    .describe('Plans of measurement by name.'),
});
