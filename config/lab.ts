/**
 * The experiment as lab.yaml declares it, after validation: every value is present, as config/ fills defaults in. What
 * each field means stands in lab-schema.ts and plan-schema.ts. Sizes carry their unit in the name.
 */
import type { z } from 'zod';
import type { labSchema } from './lab-schema';
import type { ReadOnly } from './read-only';

/** lab.yaml after its fields were checked. */
export type LabFile = z.infer<typeof labSchema>;

type Read = ReadOnly<LabFile>;

export interface Guest
  extends Required<Omit<Read['guests'][number], 'node' | 'vlan' | DiskOption>>,
    /** Without a node: on the lab's own. A disk without an option: the node's own. */
    Pick<Read['guests'][number], 'node' | 'vlan' | DiskOption> {}

/** What lab.yaml may say of a guest's disk beyond its size. */
type DiskOption = 'cache' | 'format' | 'discard' | 'iothread' | 'aio';
export type DiskOptions = Pick<Read['guests'][number], DiskOption>;

/** What the node itself is set to; an absent setting is left as it is. */
export interface NodeSettings extends Omit<Read['node'], 'name'> {}

/** A stopped VM made of an image, on the node's list of templates: guests are clones of it. */
export interface VmTemplate {
  readonly name: string;
  /** Key of images.cloud, or "template". */
  readonly image: string;
  /** Without one: on the lab's own. */
  readonly node?: string;
  readonly diskGiB: number;
  /** NO_VMID (vmids.ts) while none has been chosen. */
  readonly vmid: number;
}

export interface Lab extends Omit<Read, 'guests' | 'node'> {
  /** Name of the node in its cluster, for example pve. */
  readonly nodeName: string;
  readonly node: NodeSettings;
  /** The vmid of a guest is NO_VMID (vmids.ts) while none has been chosen for it. */
  readonly guests: readonly Guest[];
  /** None where disks are imported (images.deploy). */
  readonly templates: readonly VmTemplate[];
  /** True of what another node than the lab's own has of the lab: the clients' network is not there. */
  readonly withoutClients?: true;
}

/** A storage that the lab makes. */
export type DeclaredStorage = NonNullable<Lab['storages']>[string];
export type GuestKind = Guest['kind'];
export type Client = Lab['clients'][number];
export type Network = Lab['networks']['servers'];
/** What shapes its links is an experimental factor of scenario 2. */
export type ClientsNetwork = Lab['networks']['clients'];
/** How the links between clients and servers are shaped, each direction alike; absent = not so. */
export type LinkShape = Pick<ClientsNetwork, 'rateBitsPerSecond' | 'delayMs' | 'jitterMs' | 'lossPercent'>;
/** An image to download, pinned by a dated address and its checksum. */
export type CloudImage = Lab['images']['cloud'][string];
/** One plan of measurement. Times are seconds. */
export type Plan = Lab['plans'][string];
export type LoadPlan = NonNullable<Plan['load']>;
