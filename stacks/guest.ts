import { createHash } from 'node:crypto';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { labUserData } from '../cloud-init/lab-seed';
import type { DiskOptions, Guest, Lab } from '../config/lab';
import type { LabIdentity } from '../config/lab-identity';
import type { Role } from '../config/role';
import { guestFacts } from './guest-facts';
import type { Image } from './image';
import { VirtualEnvironmentVm } from './provider';
import { formerType } from './renamed-resources';
import { Snippet, type SnippetUpload } from './snippet';

export interface LabGuestProps {
  readonly lab: Lab;
  readonly guest: Guest;
  readonly identity: LabIdentity;
  /** What the disk is made of. */
  readonly image: Image;
  /** The template that the guest is cloned from; undefined = its disk is imported from the image. */
  readonly template?: VirtualEnvironmentVm;
  /** Name of the bridge, as the network's resource gives it. */
  readonly bridge: string;
  readonly role: Role;
  readonly upload: SnippetUpload;
  /** What all guests of its role share. */
  readonly vendorData: Snippet;
  readonly requireApplication: boolean;
  /** Of the disk, where lab.yaml says nothing; undefined = Proxmox VE's own. */
  readonly defaultDisk?: DiskOptions;
  readonly dependsOn: readonly ITerraformDependable[];
}

/** A KVM guest and the cloud-init user data that installs its application. */
export class LabGuest extends Construct {
  readonly vm: VirtualEnvironmentVm;

  constructor(scope: Construct, id: string, props: LabGuestProps) {
    super(scope, id);
    const { lab, guest, identity } = props;
    const { servers } = lab.networks;
    const userData = new Snippet(this, 'user-data', {
      nodeName: lab.nodeName,
      storage: lab.storage.snippets,
      name: `${identity.tag}-${guest.name}`,
      upload: props.upload,
      // With the image in it, so that another image replaces the guest: into a disk that is in use nothing is imported.
      text: `${labUserData(props)}# The disk is of ${props.image.volume}\n`,
      dependsOn: props.dependsOn,
    });
    this.vm = new VirtualEnvironmentVm(this, 'vm', {
      nodeName: lab.nodeName,
      vmId: guest.vmid,
      name: guest.name,
      ...guestFacts(props),
      started: true,
      // The measurement decides which guests run; a node that starts them by itself would change the level.
      onBoot: false,
      stopOnDestroy: true,
      // Readiness is waited for by LabReadiness, with progress and reasons. Waiting here too would say nothing, and
      // would hold up every refresh while a guest is off.
      agent: { enabled: true, timeout: '1m', waitForIp: { disabled: true } },
      // Distributions of 2025 ask for x86-64-v3, which no lesser model of CPU promises.
      cpu: { cores: guest.cores, type: 'host' },
      memory: { dedicated: guest.memoryMiB },
      operatingSystem: { type: 'l26' },
      // Without it the controller is an LSI one, in which cloud kernels do not see their cloud-init drive.
      scsiHardware: 'virtio-scsi-single',
      clone: props.template && {
        vmId: props.template.vmId,
        full: lab.images.deploy === 'full-clone',
      },
      disk: [
        {
          interface: 'scsi0',
          datastoreId: lab.storage.disks,
          importFromAttribute: props.template ? undefined : props.image.volume,
          size: guest.diskGiB,
          ...diskOptions(guest, props.defaultDisk),
        },
      ],
      bootOrder: ['scsi0'],
      // Cloud images send their console there, and some do not boot without it.
      serialDevice: [{ device: 'socket' }],
      networkDevice: [
        {
          bridge: props.bridge,
          model: 'virtio',
          macAddress: macAddress(guest.vmid),
          rateLimit: rateLimit(servers.rateBitsPerSecond),
          // The provider's schema takes this as a value, not as a block, so that Terraform wants every field of it.
          disconnected: false,
          firewall: false,
          mtu: 0,
          queues: 0,
          trunks: '',
          vlanId: guest.vlan ?? 0,
        },
      ],
      initialization: {
        type: 'nocloud',
        datastoreId: lab.storage.disks,
        userDataFileId: userData.volume,
        vendorDataFileId: props.vendorData.volume,
        dns: lab.node.dns && { domain: lab.node.dns.domain, servers: [...lab.node.dns.servers] },
        ipConfig: [
          {
            ipv4: { address: `${guest.address}/${servers.cidr.split('/')[1]}`, gateway: servers.gateway },
          },
        ],
      },
      dependsOn: [...props.dependsOn, props.image.file, userData.file, props.vendorData.file],
    });
    // A resource is moved once: where its type has another name too, that comes first.
    if (!formerType(this.vm)) {
      this.vm.moveFromId(`${this.vm.terraformResourceType}.${addressByName(guest.name)}`);
    }
    // The provider deprecates the field, and wants it all the same: null is there, and warns of nothing.
    this.vm.addOverride('network_device.0.enabled', null);
  }
}

/**
 * The name that CDKTF gave the VM's resource while guests were named by their host names. Without the move Terraform would
 * make another VM of the same vmid while it still removes the one before.
 */
function addressByName(name: string): string {
  const digest = createHash('md5').update(`${name}/vm`).digest('hex').slice(0, 8).toUpperCase();
  return `${name}_vm_${digest}`;
}

/**
 * A locally administered address made of the vmid, which is unique in its cluster: the same guest has the same address
 * in every deployment, so that captures and neighbour tables can be compared.
 */
export function macAddress(vmid: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(vmid / 2 ** shift) % 256);
  return [0x02, 0x4c, ...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
}

function diskOptions({ cache, format, discard, iothread, aio }: DiskOptions, other: DiskOptions = {}) {
  return {
    cache: cache ?? other.cache,
    fileFormat: format,
    discard: discard ?? other.discard,
    iothread,
    aio,
  };
}

/** Proxmox VE counts a network device's rate in MiB/s; the provider's 0 stands for none. */
export function rateLimit(bitsPerSecond: number | undefined): number {
  return bitsPerSecond === undefined ? 0 : bitsPerSecond / 8 / 1024 ** 2;
}
