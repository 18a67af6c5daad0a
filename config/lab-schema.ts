import { z } from 'zod';
import { parseAddress, parseNetwork } from './ipv4';

/**
 * What lab.yaml may hold, field by field; rules between fields are in lab-rules.ts. Objects are strict, so that a
 * misspelt key is a fault and not a default.
 */

const hostLabel = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;

/** A host name: labels of RFC 1123 joined by dots, or exactly one of them. */
const hostName = z.string().refine((text) => hostLabel.test(text), {
  error: (issue) =>
    `"${issue.input}" is not a host name (letters, digits and inner hyphens, 63 characters at most)`,
});

const domainName = z
  .string()
  .refine((text) => text.length <= 253 && text.split('.').every((label) => hostLabel.test(label)), {
    error: (issue) => `"${issue.input}" is not a domain name`,
  });

const address = z.string().refine((text) => parseAddress(text) !== undefined, {
  error: (issue) => `"${issue.input}" is not an IPv4 address`,
});

const networkText = z.string().superRefine((text, context) => {
  const network = parseNetwork(text);
  if ('fault' in network) context.addIssue({ code: 'custom', message: network.fault });
});

/** Proxmox VE's own rule for storage identifiers. */
const storageId = z.string().regex(/^[a-z][a-z0-9._-]*[a-z0-9]$/i, {
  error: (issue) => `"${issue.input}" is not a storage identifier of Proxmox VE`,
});

const whole = (low: number, high: number, unit: string) =>
  z
    .int({ error: `must be a whole number of ${unit}` })
    .min(low, between(low, high, unit))
    .max(high, between(low, high, unit));

const within = (low: number, high: number, unit: string) =>
  z
    .number()
    .min(low, between(low, high, unit))
    .max(high, between(low, high, unit));

const seconds = (low: number, high: number) => within(low, high, 'seconds');

function between(low: number, high: number, unit: string): string {
  return `must be ${low} to ${high} ${unit}`;
}

const network = z.strictObject({
  bridge: z.string().regex(/^vmbr(0|[1-9]\d{0,3})$/, {
    error: (issue) => `"${issue.input}" is not a bridge of Proxmox VE (vmbr0 to vmbr9999)`,
  }),
  cidr: networkText,
  gateway: address,
  rateBitsPerSecond: whole(8_000, 1_000_000_000_000, 'bit/s').optional(),
});

const milliseconds = z
  .number()
  .min(0.1, between(0.1, 10_000, 'ms'))
  .max(10_000, between(0.1, 10_000, 'ms'));

const clientsNetwork = network.extend({
  delayMs: milliseconds.optional(),
  jitterMs: milliseconds.optional(),
  lossPercent: z
    .number()
    .min(0.01, between(0.01, 50, '%'))
    .max(50, between(0.01, 50, '%'))
    .optional(),
});

const cloudImage = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
    fileName: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.(qcow2|raw|vmdk)$/, {
      error: (issue) =>
        `"${issue.input}" must end in .qcow2, .raw or .vmdk: Proxmox VE imports nothing else (an .img that is a qcow2 is named .qcow2 here)`,
    }),
    checksumAlgorithm: z.enum(['sha256', 'sha512']),
    minimumDiskGiB: whole(1, 131_072, 'GiB').optional(),
    // Empty is told from wrong: lab-rules.ts says where to find one, and only when the image is used.
    checksum: z.string(),
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
  name: hostName,
  role: z.enum(['wordpress', 'moodle', 'mediawiki']),
  vmid: whole(100, 999_999_999, '(a VM identifier)'),
  address,
  cores: whole(1, 128, 'cores').default(1),
  memoryMiB: whole(256, 4_194_304, 'MiB').default(1024),
  diskGiB: whole(4, 131_072, 'GiB').default(8),
  image: z.string().optional(),
});

const client = z.strictObject({ name: hostName, address });

const precision = <Metric extends string>(...metrics: readonly [Metric, ...Metric[]]) =>
  z
    .strictObject({
      metric: z.enum(metrics),
      relativeWidth: z
        .number()
        .min(0.0001, 'must be 0.0001 to 1, a share of the median')
        .max(1, 'must be 0.0001 to 1, a share of the median'),
    })
    .optional();

const resourcesPlan = z.strictObject({
  blocks: whole(1, 1000, 'blocks'),
  intervalSeconds: seconds(0.1, 3600),
  samples: whole(1, 1_000_000, 'samples'),
  settleSeconds: seconds(0, 86_400),
  settleAtLeastSeconds: seconds(0, 86_400).optional(),
  precision: precision('cpuPercent', 'memoryUsedBytes'),
});

const qosPlan = z.strictObject({
  sessions: whole(1, 10_000, 'sessions'),
  clients: whole(1, 200, 'clients'),
  pages: whole(1, 10_000, 'pages'),
  thinkSeconds: z.tuple([seconds(0, 3600), seconds(0, 3600)]).refine(([low, high]) => low <= high, {
    error: 'must be [shortest, longest]',
  }),
  probes: whole(0, 10_000, 'probes'),
  precision: precision('pageLoadSeconds', 'firstByteSeconds'),
});

const loadPlan = z.strictObject({
  repetitions: whole(1, 1000, 'repetitions'),
  pages: whole(1, 1000, 'pages').default(1),
  rates: z.strictObject({
    first: within(0.001, 10_000, 'requests per second'),
    factor: within(1.05, 10, '(a factor)'),
    steps: whole(1, 100, 'steps'),
    refinements: whole(0, 20, 'refinements').default(0),
  }),
  stepSeconds: seconds(1, 86_400),
  drainSeconds: seconds(1, 3600).default(60),
  inFlight: whole(1, 1000, 'requests').default(200),
  limits: z
    .strictObject({
      answeredPercent: within(1, 100, '%').default(99),
      // G.1010: a page within 4 s is acceptable.
      latencySeconds: seconds(0.001, 3600).default(4),
      growthPercent: within(0.1, 100, '%').default(5),
    })
    .prefault({}),
});

const plan = z
  .strictObject({
    resources: resourcesPlan.optional(),
    qos: qosPlan.optional(),
    load: loadPlan.optional(),
  })
  .refine((scenarios) => Object.values(scenarios).some((settings) => settings !== undefined), {
    error: 'needs at least one of resources, qos, load',
  });

export const labSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, {
    error: (issue) =>
      `"${issue.input}" must be lower-case letters, digits and inner hyphens, 32 at most: it is a tag and a file name prefix on the node`,
  }),
  node: z.strictObject({
    name: hostName,
    timeZone: z
      .string()
      .regex(/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/, {
        error: (issue) => `"${issue.input}" is not a time zone such as Europe/Madrid`,
      })
      .optional(),
    dns: z
      .strictObject({
        domain: domainName,
        servers: z.array(address).min(1, 'needs a server').max(3, 'has 3 servers at most'),
      })
      .optional(),
    hosts: z.array(z.strictObject({ address, names: z.array(domainName).min(1, 'needs a name') })).optional(),
    storageContent: z
      .array(z.enum(['images', 'rootdir', 'vztmpl', 'backup', 'iso', 'snippets', 'import']))
      .optional(),
  }),
  storage: z.strictObject({ disks: storageId, images: storageId, snippets: storageId }),
  networks: z.strictObject({ servers: network, clients: clientsNetwork }),
  images: z.strictObject({
    source: z.enum(['template', 'cloud']),
    cloud: z.record(z.string(), cloudImage).default({}),
  }),
  readinessSeconds: whole(30, 86_400, 'seconds').default(1800),
  guests: z.array(guest),
  clients: z.array(client),
  seed: whole(0, 4_294_967_295, '(a seed)'),
  plans: z.record(z.string().regex(/^[a-z0-9-]+$/), plan),
});

/** lab.yaml after its fields were checked; config/lab.ts has the shape that the rest of the project sees. */
export type LabFile = z.infer<typeof labSchema>;
