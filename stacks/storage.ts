import { dirname, join } from 'node:path';
import type { ITerraformDependable, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';
import type { ProviderConnection } from '../config';
import type { DeclaredStorage, Lab } from '../config/lab';
import { labShares, storagesOf } from '../config/lab-shares';
import { StorageDirectory, StorageLvm, StorageLvmthin, StorageNfs, StorageZfspool } from './provider';

interface LabStorageProps {
  /** Its identifier on the node. */
  readonly id: string;
  readonly storage: DeclaredStorage;
  /** Whether a directory is one for all its nodes, as of a file system that they share. */
  readonly isShared: boolean;
  /** Nodes that have it. */
  readonly nodes: readonly string[];
  readonly connection: ProviderConnection;
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * A storage that lab.yaml declares. Destroying it takes its definition from the node, after all that the lab has on it;
 * what others have put there stays where it is.
 */
class LabStorage extends Construct {
  readonly resource: TerraformResource;

  constructor(scope: Construct, id: string, props: LabStorageProps) {
    super(scope, id);
    const { type, content, path, server, volumeGroup, thinPool, zfsPool } = props.storage;
    const common = {
      ...{ id: props.id, content: [...content], nodes: [...props.nodes] },
      dependsOn: [...props.dependsOn],
    };
    // What a type needs was checked with the file.
    const given = (value: string | undefined): string => value ?? '';
    const made = {
      directory: () =>
        new StorageDirectory(this, 'storage', {
          ...common,
          path: path ?? ownPath(props.id, props.connection),
          // The provider says yes where nothing is said, and a cluster would take one node's directory for that of all.
          shared: props.isShared,
        }),
      nfs: () =>
        new StorageNfs(this, 'storage', {
          ...common,
          server: given(server),
          export: given(props.storage.export),
        }),
      lvm: () => new StorageLvm(this, 'storage', { ...common, volumeGroup: given(volumeGroup) }),
      lvmthin: () =>
        new StorageLvmthin(this, 'storage', {
          ...{ ...common, volumeGroup: given(volumeGroup), thinPool: given(thinPool) },
        }),
      zfspool: () => new StorageZfspool(this, 'storage', { ...common, zfsPool: given(zfsPool) }),
    };
    this.resource = made[type]();
  }
}

/** Where a directory lies whose path lab.yaml leaves out. */
function ownPath(id: string, connection: ProviderConnection): string {
  return connection.kind === 'local'
    ? join(dirname(connection.connectionFile), 'storage', id)
    : `/var/lib/pve-virtualization-lab/${id}`;
}

/** All that lab.yaml declares, each on the nodes whose share of the lab uses it. */
export function labStorages(
  scope: Construct,
  lab: Lab,
  connection: ProviderConnection,
  dependsOn: readonly ITerraformDependable[],
): readonly ITerraformDependable[] {
  const shares = labShares(lab);
  return Object.entries(lab.storages ?? {}).map(([id, storage]) => {
    const using = shares.filter((share) => storagesOf(share).includes(id));
    const nodes = (using.length > 0 ? using : shares).map(({ nodeName }) => nodeName);
    return new LabStorage(scope, `storage-${id}`, {
      ...{ id, storage, nodes, connection, dependsOn },
      isShared: lab.storage.shared?.includes(id) === true,
    }).resource;
  });
}
