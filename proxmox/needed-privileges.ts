import type { Lab } from '../config/lab';
import { labShares, storagesOf } from '../config/lab-shares';
import { NO_VMID } from '../config/vmids';

export interface PrivilegeNeed {
  readonly path: string;
  readonly privilege: string;
  /** What the lab does with it. */
  readonly why: string;
  /** All of these, path and privilege, do as well. */
  readonly or?: readonly (readonly [string, string])[];
}

/** Major version of Proxmox VE; their privileges on guest agents differ. */
export type MajorVersion = 8 | 9;

/** Every privilege that deploying, measuring and destroying this lab uses, by path, after Proxmox VE 9.1 and 8.4. */
export function neededPrivileges(lab: Lab, version: MajorVersion): readonly PrivilegeNeed[] {
  const needs = [...labShares(lab).flatMap((share) => needsOnNode(share, version)), ...backupNeeds(lab)];
  const once = new Map(needs.map((need) => [`${need.path} ${need.privilege}`, need]));
  return [...once.values()];
}

function needsOnNode(lab: Lab, version: MajorVersion): readonly PrivilegeNeed[] {
  return [
    ...lab.guests.flatMap((guest) => at(pathOf(guest), guestPrivileges(version))),
    ...lab.templates.flatMap((template) => at(pathOf(template), TEMPLATE_PRIVILEGES)),
    ...storageNeeds(lab),
    ...at(`/nodes/${lab.nodeName}`, {
      'Sys.Audit': 'reads figures, interfaces and tasks of the node',
      'Sys.Modify': 'makes and removes bridges, and sets what lab.yaml says of the node',
    }),
    ...at(`/sdn/zones/localnetwork/${lab.networks.servers.bridge}`, {
      'SDN.Use': 'sees the bridge, and connects guests to it',
    }),
    ...(lab.withoutClients
      ? []
      : at(`/sdn/zones/localnetwork/${lab.networks.clients.bridge}`, { 'SDN.Audit': 'sees the bridge' })),
    ...nodeNeeds(lab),
  ];
}

/** Enough to read figures through the API, and to change nothing. */
export function readingPrivileges(lab: Lab): readonly PrivilegeNeed[] {
  const shares = labShares(lab);
  const storages = new Set(shares.flatMap(storagesOf));
  return [
    ...lab.guests.flatMap((guest) => at(pathOf(guest), { 'VM.Audit': 'figures of the guest' })),
    ...shares.flatMap(({ nodeName }) => at(`/nodes/${nodeName}`, { 'Sys.Audit': 'figures of the node' })),
    ...[...storages].flatMap((id) => at(`/storage/${id}`, { 'Datastore.Audit': 'space of the storage' })),
  ];
}

/** Of a guest whose vmid is still to be chosen: any. */
function pathOf({ vmid }: { readonly vmid: number }): string {
  return vmid === NO_VMID ? '/vms' : `/vms/${vmid}`;
}

function at(path: string, privileges: Readonly<Record<string, string>>): PrivilegeNeed[] {
  return Object.entries(privileges).map(([privilege, why]) => ({ path, privilege, why }));
}

/** Of the VM that guests are cloned from. */
const TEMPLATE_PRIVILEGES: Readonly<Record<string, string>> = {
  'VM.Allocate': 'makes and removes the template of guests',
  'VM.Audit': 'reads its configuration',
  'VM.Clone': 'clones guests from it',
  'VM.Config.Disk': 'gives it its disk',
  'VM.Config.HWType': 'sets its controller',
  'VM.Config.Options': 'sets its name and tags',
  'VM.Config.CPU': 'sets its cores',
  'VM.Config.Memory': 'sets its memory',
};

function guestPrivileges(version: MajorVersion): Readonly<Record<string, string>> {
  const agent = version === 8 ? 'VM.Monitor' : 'VM.GuestAgent.Unrestricted';
  return {
    'VM.Allocate': 'makes and removes the guest',
    'VM.Audit': 'reads its configuration and figures',
    'VM.PowerMgmt': 'starts and stops it',
    'VM.Config.CDROM': 'gives it its cloud-init drive',
    'VM.Config.CPU': 'sets its cores',
    'VM.Config.Cloudinit': 'sets its address and user data',
    'VM.Config.Disk': 'gives it its disk',
    'VM.Config.HWType': 'sets its controller and serial port',
    'VM.Config.Memory': 'sets its memory',
    'VM.Config.Network': 'gives it its network card',
    'VM.Config.Options': 'sets its name, tags and agent',
    [agent]: 'asks in the guest whether its application is ready',
  };
}

function storageNeeds({ storage }: Lab): PrivilegeNeed[] {
  return [
    ...at(`/storage/${storage.disks}`, { 'Datastore.AllocateSpace': "makes the guests' disks" }),
    ...at(`/storage/${storage.images}`, {
      'Datastore.Allocate': 'removes images',
      'Datastore.AllocateTemplate': 'uploads or downloads images',
      'Datastore.Audit': 'reads space and content',
    }),
    ...at(`/storage/${storage.snippets}`, {
      'Datastore.Allocate': 'uses and removes snippets, and reads where they are',
      'Datastore.Audit': 'reads space and content',
    }),
  ];
}

/** Of a lab with a backup job. */
function backupNeeds({ backup, guests }: Lab): PrivilegeNeed[] {
  if (!backup) return [];
  return [
    ...at('/', { 'Sys.Audit': 'reads backup jobs', 'Sys.Modify': 'makes and removes its backup job' }),
    ...at(`/storage/${backup.storage}`, {
      'Datastore.Allocate': 'says how many backups stay',
      'Datastore.AllocateSpace': 'puts backups there',
    }),
    ...guests.flatMap((guest) => at(pathOf(guest), { 'VM.Backup': 'backs the guest up' })),
  ];
}

/** What only some labs ask for. */
function nodeNeeds({ images, node, nodeName, storages }: Lab): PrivilegeNeed[] {
  const needs: PrivilegeNeed[] = [];
  if (images.source === 'cloud') {
    needs.push({
      path: `/nodes/${nodeName}`,
      privilege: 'Sys.AccessNetwork',
      why: 'has the node download images',
      or: [
        ['/', 'Sys.Audit'],
        ['/', 'Sys.Modify'],
      ],
    });
  }
  if (node.hosts) needs.push(...at('/', { 'Sys.Audit': "reads the node's hosts file" }));
  if (storages) {
    needs.push(...at('/storage', { 'Datastore.Allocate': 'makes and removes the storages of lab.yaml' }));
  } else if (node.storageContent) {
    needs.push(...at('/storage', { 'Datastore.Allocate': 'adds types of content to storages' }));
  }
  return needs;
}
