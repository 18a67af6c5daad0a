import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { containerSeed, digestOf } from '../cloud-init/lab-seed';
import type { Guest, Lab } from '../config/lab';
import type { LabIdentity } from '../config/lab-identity';
import type { Role } from '../config/role';
import { macAddress, rateLimit } from './guest';
import { guestFacts } from './guest-facts';
import type { Image } from './image';
import { localCommand } from './local-command';
import { VirtualEnvironmentContainer } from './provider';
import { TerraformData } from './terraform-data';

export interface LabContainerProps {
  readonly lab: Lab;
  readonly guest: Guest;
  readonly identity: LabIdentity;
  /** What its root file system is made of. */
  readonly image: Image;
  /** Name of the bridge, as the network's resource gives it. */
  readonly bridge: string;
  readonly role: Role;
  readonly requireApplication: boolean;
  /** Expression of Terraform: the vmids of the lab's containers that are on the node already. */
  readonly present: string;
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * An unprivileged LXC container of the template's root file system. Proxmox VE hands no user data to containers: it is made
 * without being started, and a hook puts the same cloud-config that a VM gets into it as a seed, and starts it.
 */
export class LabContainer extends Construct {
  readonly container: VirtualEnvironmentContainer;
  /** The seed, with which it runs. */
  readonly seeded: ITerraformDependable;

  constructor(scope: Construct, id: string, props: LabContainerProps) {
    super(scope, id);
    const { lab, guest, identity, image } = props;
    const { servers } = lab.networks;
    const { dns } = lab.node;
    const seed = new TerraformData(this, 'user-data', { input: digestOf(containerSeed(props)) });
    this.container = new VirtualEnvironmentContainer(this, 'container', {
      nodeName: lab.nodeName,
      vmId: guest.vmid,
      ...guestFacts(props),
      unprivileged: true,
      // The measurement decides which guests run; a node that starts them by itself would change the level.
      startOnBoot: false,
      // systemd of 2024 and later does without it, and says at each start that it lacks something.
      features: { nesting: true },
      operatingSystem: { templateFileId: image.volume, type: 'debian' },
      cpu: { cores: guest.cores },
      // A VM has no swap either.
      memory: { dedicated: guest.memoryMiB, swap: 0 },
      disk: { datastoreId: lab.storage.disks, size: guest.diskGiB },
      networkInterface: [
        {
          name: 'eth0',
          bridge: props.bridge,
          macAddress: macAddress(guest.vmid),
          rateLimit: rateLimit(servers.rateBitsPerSecond),
          vlanId: guest.vlan,
        },
      ],
      initialization: {
        hostname: guest.name,
        ...(dns && { dns: { domain: dns.domain, servers: [...dns.servers] } }),
        ipConfig: [
          {
            ipv4: { address: `${guest.address}/${servers.cidr.split('/')[1]}`, gateway: servers.gateway },
          },
        ],
      },
      dependsOn: [...props.dependsOn, image.file],
      // cloud-init acts on the first start alone.
      lifecycle: { replaceTriggeredBy: [`${seed.terraformResourceType}.${seed.friendlyUniqueId}`] },
    });
    // A new one is started by the hook, and one that has been stopped since by Terraform, as a VM is.
    this.container.addOverride('started', `\${contains(${props.present}, ${guest.vmid})}`);
    this.seeded = new TerraformData(this, 'seed', {
      triggersReplace: { container: this.container.id },
      lifecycle: {
        replaceTriggeredBy: [`${this.container.terraformResourceType}.${this.container.friendlyUniqueId}`],
      },
      dependsOn: [this.container],
      provisioners: [
        localCommand('stacks/hooks/seed-container.ts', '--guest', guest.name, '--tag', identity.tag),
      ],
    });
  }
}
