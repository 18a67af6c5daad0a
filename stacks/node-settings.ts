import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Lab } from '../config/lab';
import { localCommand } from './local-command';
import { VirtualEnvironmentDns, VirtualEnvironmentHosts, VirtualEnvironmentTime } from './provider';
import { TerraformData } from './terraform-data';

export interface LabNodeSettingsProps {
  /** The lab as the node has it. */
  readonly share: Lab;
  readonly dependsOn: readonly ITerraformDependable[];
}

/** The node's own settings, as far as lab.yaml gives them. Destroying the lab leaves them as they are. */
export class LabNodeSettings extends Construct {
  /** What files on the node must wait for. */
  readonly storageReady: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: LabNodeSettingsProps) {
    super(scope, id);
    const { nodeName, node, storage, withoutClients } = props.share;
    const dependsOn = [...props.dependsOn];
    if (node.dns) {
      const { domain, servers } = node.dns;
      new VirtualEnvironmentDns(this, 'dns', { nodeName, domain, servers: [...servers], dependsOn });
    }
    if (node.timeZone)
      new VirtualEnvironmentTime(this, 'time', { nodeName, timeZone: node.timeZone, dependsOn });
    if (node.hosts) {
      new VirtualEnvironmentHosts(this, 'hosts', {
        nodeName,
        entry: node.hosts.map(({ address, names }) => ({ address, hostnames: [...names] })),
        dependsOn,
      });
    }
    // The provider's storage resources create and delete storages; a storage that is there, with other people's files
    // on it, must only learn what it lacks.
    this.storageReady = node.storageContent
      ? [
          new TerraformData(this, 'storage-content', {
            triggersReplace: {
              content: node.storageContent.join(','),
              storages: fileStorages(storage).join(','),
            },
            provisioners: [
              localCommand(
                'stacks/hooks/allow-storage-content.ts',
                ...(withoutClients ? [`--node=${nodeName}`] : []),
                ...fileStorages(storage),
                ...node.storageContent.map((type) => `--content=${type}`),
              ),
            ],
            dependsOn,
          }),
        ]
      : dependsOn;
  }
}

/** Storages that hold files of the lab, each once. */
function fileStorages(storage: Lab['storage']): readonly string[] {
  return [...new Set([storage.images, storage.snippets])];
}
