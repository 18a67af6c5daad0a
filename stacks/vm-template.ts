import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Lab, VmTemplate } from '../config/lab';
import type { LabIdentity } from '../config/lab-identity';
import type { Image } from './image';
import { VirtualEnvironmentVm } from './provider';
import { TerraformData } from './terraform-data';

export interface GuestTemplateProps {
  /** What of the lab is on the template's node. */
  readonly lab: Lab;
  readonly template: VmTemplate;
  readonly identity: LabIdentity;
  /** What its disk is imported from. */
  readonly image: Image;
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * A VM template: an image's disk, and nothing else that a guest has. Guests are clones of it, so that Terraform makes it
 * before them and removes it after them.
 */
export class GuestTemplate extends Construct {
  readonly vm: VirtualEnvironmentVm;

  constructor(scope: Construct, id: string, props: GuestTemplateProps) {
    super(scope, id);
    const { lab, template, identity, image } = props;
    const { disks } = lab.storage;
    const { diskGiB } = template;
    // Clones stand on the disk: another image or size is another template, and never a change of this one.
    const disk = new TerraformData(this, 'disk', {
      triggersReplace: { image: image.volume, storage: disks, diskGiB: String(diskGiB) },
      dependsOn: [...props.dependsOn],
    });
    this.vm = new VirtualEnvironmentVm(this, 'vm', {
      nodeName: lab.nodeName,
      vmId: template.vmid,
      name: template.name,
      description: `Template of the virtualization lab ${lab.name}, ${identity.uuid}, of ${image.volume}`,
      tags: [identity.tag, lab.name].sort(),
      template: true,
      started: false,
      onBoot: false,
      operatingSystem: { type: 'l26' },
      scsiHardware: 'virtio-scsi-single',
      disk: [{ interface: 'scsi0', datastoreId: disks, importFromAttribute: image.volume, size: diskGiB }],
      bootOrder: ['scsi0'],
      dependsOn: [...props.dependsOn, image.file],
      // By its address: Terraform takes no expression here, which is what CDKTF makes of the resource itself.
      lifecycle: { replaceTriggeredBy: [`${disk.terraformResourceType}.${disk.friendlyUniqueId}`] },
    });
  }
}
