import { type ITerraformDependable, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { roleVendorData } from '../cloud-init/render';
import type { ProviderConnection } from '../config';
import { bridgeComment } from '../config/bridge-comment';
import type { DeployedGuest, LostBridges } from '../config/deployed-lab';
import type { Guest, Lab, VmTemplate } from '../config/lab';
import type { LabIdentity } from '../config/lab-identity';
import { bridgeId, keeperOf, labShares } from '../config/lab-shares';
import type { Role } from '../config/role';
import type { Roles } from '../config/roles';
import { imageOf } from '../config/vm-templates';
import { vmidOwners } from '../config/vmids';
import { LabBackup } from './backup';
import { LabContainer } from './container';
import { DestroyGuard } from './destroy-guard';
import { ForeignGuestGuard } from './foreign-guest-guard';
import { LabGuest } from './guest';
import { DownloadedImage, type Image, TemplateImage } from './image';
import { KeptLabIdentity } from './lab-identity';
import { LabNetwork } from './network';
import { NodeCheck } from './node-check';
import { NodeConnection } from './node-connection';
import { LabNodeSettings } from './node-settings';
import { LabOutputs } from './outputs';
import type { NetworkLinuxBridge, VirtualEnvironmentContainer, VirtualEnvironmentVm } from './provider';
import { LabReadiness } from './readiness';
import { keepRenamed } from './renamed-resources';
import { Snippet, type SnippetUpload } from './snippet';
import { labStorages } from './storage';
import { GuestTemplate } from './vm-template';

export interface LabStackProps {
  readonly lab: Lab;
  /** Those that the guests have, and more. */
  readonly roles: Roles;
  readonly identity: LabIdentity;
  /** Bridges of this lab on the node that Terraform's state lacks. */
  readonly lostBridges: LostBridges;
  /** Guests of a lab that had no identity yet, and which this one takes over. */
  readonly takenOver: readonly Pick<DeployedGuest, 'vmid'>[];
  readonly connection: ProviderConnection;
  /** The template on this machine and the key of its content; used when lab.images.source is template. */
  readonly template: { readonly path: string; readonly archivePath: string; readonly key: string };
  /** Changes when the node is to be looked at again before something is made: see check-attempt.ts. */
  readonly checkAttempt?: string;
  /** Whether a guest without its application is an error. */
  readonly requireApplication: boolean;
  /** Whether this machine has a route of its own to an address. @default to none */
  readonly isRouted?: (address: string) => boolean;
}

/** What of the lab is on one node, and what it takes. */
interface NodePlace {
  readonly share: Lab;
  /** In it is everything of the node; the lab's own node has no scope of its own, so that addresses stay. */
  readonly scope: Construct;
  readonly storageReady: readonly ITerraformDependable[];
  /** Of the servers' network. */
  readonly bridge: NetworkLinuxBridge;
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * The whole lab: of each node settings, networks, images and guests, and the wait for their applications. It is on one
 * node, unless lab.yaml puts guests on others.
 */
export class LabStack extends TerraformStack {
  private readonly images = new Map<string, Image>();
  private readonly templates = new Map<VmTemplate, GuestTemplate>();
  private readonly upload: SnippetUpload;
  private readonly vendorDataOf = new Map<string, Snippet>();
  private readonly places = new Map<string, NodePlace>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: LabStackProps,
  ) {
    super(scope, id);
    const { lab, identity, connection, lostBridges } = props;
    const vmids = vmidOwners(lab).map((vm) => vm.vmid);
    const ofContainers = lab.guests.filter(({ kind }) => kind === 'container').map(({ vmid }) => vmid);
    const takenOver = props.takenOver.map((guest) => guest.vmid);
    this.upload = connection.kind === 'local' || connection.ssh.username === 'root' ? 'sftp' : undefined;
    new NodeConnection(this, 'connection', { lab, connection });
    const guard = new ForeignGuestGuard(this, 'foreign-guests', {
      tag: identity.tag,
      takenOver,
      vmids,
      ofContainers,
      nodeNames: labShares(lab).map(({ nodeName }) => nodeName),
      connection,
      needsUplink: lab.images.source === 'cloud',
    });
    const reached = [
      new NodeCheck(this, 'node-check', {
        ...{ lab, lostBridges },
        attempt: props.checkAttempt ?? 'first',
        dependsOn: guard.passed,
      }).passed,
    ];
    const known = [
      new KeptLabIdentity(this, 'identity', { identity, vmids, takenOver, dependsOn: reached }).ready,
    ];
    const checked = [...known, ...labStorages(this, lab, connection, known)];
    const [own, ...others] = labShares(lab);
    this.addPlace(this, own, checked);
    for (const share of others) this.addPlace(new Construct(this, `on-${share.nodeName}`), share, checked);
    const guests = lab.guests.map((guest) => {
      const place = this.place(guest.node ?? lab.nodeName);
      return guest.kind === 'container'
        ? this.addContainer(guest, place, guard.ownContainers)
        : this.addVm(guest, place);
    });
    // What is on a node of guests goes after them; the lab's own node may have none.
    const alone = own.guests.length === 0 ? this.place(own.nodeName).dependsOn : [];
    const made = lab.backup
      ? [
          ...guests,
          new LabBackup(this, 'backup', { lab, backup: lab.backup, identity, dependsOn: guests }).job,
        ]
      : guests;
    if (guests.length > 0) new DestroyGuard(this, 'destroy', { dependsOn: [...made, ...alone] });
    const { roles, isRouted = () => false } = props;
    new LabOutputs(this, 'outputs', { lab, roles, connection, isRouted });
    keepRenamed(this);
  }

  /** By its vmid, by which the node knows it too: a guest that is renamed stays the same resource, and any name will do. */
  private addVm(guest: Guest, place: NodePlace): VirtualEnvironmentVm {
    const { connection, identity, requireApplication } = this.props;
    const labGuest = new LabGuest(this, `guest-${guest.vmid}`, {
      lab: place.share,
      guest,
      identity,
      image: this.image(guest, place),
      template: this.template(guest, place),
      bridge: place.bridge.name,
      upload: this.upload,
      role: this.role(guest),
      vendorData: this.vendorData(this.role(guest), place),
      requireApplication,
      // The provider says none where nothing is said, and the local node takes it by its word: three guests without the
      // page cache deploy more slowly, and not on every file system.
      defaultDisk: connection.kind === 'local' ? { cache: 'unsafe', discard: 'on' } : undefined,
      dependsOn: place.dependsOn,
    });
    new LabReadiness(labGuest, 'readiness', { guest: labGuest.vm, name: guest.name });
    return labGuest.vm;
  }

  private addContainer(guest: Guest, place: NodePlace, present: string): VirtualEnvironmentContainer {
    const { identity, requireApplication } = this.props;
    const labContainer = new LabContainer(this, `guest-${guest.vmid}`, {
      ...{ lab: place.share, guest, identity, requireApplication, present },
      image: this.image(guest, place),
      bridge: place.bridge.name,
      role: this.role(guest),
      dependsOn: place.dependsOn,
    });
    const { container, seeded } = labContainer;
    new LabReadiness(labContainer, 'readiness', { guest: container, after: seeded, name: guest.name });
    return container;
  }

  /**
   * CDKTF resolves every element here to find references to other stacks, and all of them again when it synthesizes.
   * There is one stack; what remains to be prepared is its backend.
   */
  override prepareStack(): void {
    this.ensureBackendExists();
  }

  private role(guest: Guest): Role {
    const role = this.props.roles.get(guest.role);
    if (!role) throw new Error(`guest ${guest.name} has the role ${guest.role}, which is not given`);
    return role;
  }

  /** Settings and networks of a node. */
  private addPlace(scope: Construct, share: Lab, checked: readonly ITerraformDependable[]): void {
    // Two that let the same storage accept more at once would each overwrite the other's.
    const before = [...this.places.values()].at(-1)?.storageReady ?? checked;
    const settings = new LabNodeSettings(scope, 'node', { share, dependsOn: before });
    const servers = this.network(scope, share, 'servers', checked);
    // Each change of a bridge reloads the node's network; two reloads at once get in each other's way.
    const last = share.withoutClients ? servers : this.network(scope, share, 'clients', [servers.ready]);
    this.places.set(share.nodeName, {
      share,
      scope,
      storageReady: settings.storageReady,
      bridge: servers.bridge,
      dependsOn: [...settings.storageReady, last.ready],
    });
  }

  private network(
    scope: Construct,
    share: Lab,
    name: keyof Lab['networks'],
    dependsOn: readonly ITerraformDependable[],
  ): LabNetwork {
    return new LabNetwork(scope, name, {
      nodeName: share.nodeName,
      network: share.networks[name],
      vlan: name === 'servers' ? this.props.lab.guests[0]?.vlan : undefined,
      comment: bridgeComment(share, name, this.props.identity.tag),
      isLost: this.props.lostBridges.made.includes(bridgeId(share, share.networks[name].bridge)),
      dependsOn,
    });
  }

  private place(nodeName: string): NodePlace {
    const place = this.places.get(nodeName);
    if (!place) throw new Error(`nothing is known of the node ${nodeName}`);
    return place;
  }

  /** Where a file is kept that guests of a place need: there, or where a storage that several nodes share has it. */
  private keeper(place: NodePlace, kind: 'images' | 'snippets'): NodePlace {
    const shares = [...this.places.values()].map(({ share }) => share);
    return this.place(keeperOf(shares, place.share, kind).nodeName);
  }

  /** The vendor data of a role, which all its guests share. */
  private vendorData(role: Role, place: NodePlace): Snippet {
    const { identity } = this.props;
    const { scope, share, storageReady } = this.keeper(place, 'snippets');
    const key = `${role.key} ${share.nodeName}`;
    const known =
      this.vendorDataOf.get(key) ??
      new Snippet(scope, `role-${role.key}`, {
        nodeName: share.nodeName,
        storage: share.storage.snippets,
        name: `${identity.tag}-role-${role.key}`,
        upload: this.upload,
        text: roleVendorData(role),
        dependsOn: storageReady,
      });
    this.vendorDataOf.set(key, known);
    return known;
  }

  /** The template that a guest is cloned from; undefined where its disk is imported. */
  private template(guest: Guest, place: NodePlace): VirtualEnvironmentVm | undefined {
    const { lab, identity } = this.props;
    const image = imageOf(lab, guest);
    const template = lab.templates.find((one) => one.image === image && one.node === guest.node);
    if (!template) return undefined;
    const known =
      this.templates.get(template) ??
      new GuestTemplate(this, `vm-template-${template.vmid}`, {
        lab: place.share,
        template,
        identity,
        image: this.image(guest, place),
        dependsOn: place.storageReady,
      });
    this.templates.set(template, known);
    return known.vm;
  }

  /** The image of a guest; guests of a place that have the same one share it. */
  private image(guest: Guest, place: NodePlace): Image {
    const { lab, identity, template } = this.props;
    const { scope, share, storageReady } = this.keeper(place, 'images');
    const name = imageOf(lab, guest);
    const content: Image['content'] = guest.kind === 'container' ? 'vztmpl' : 'import';
    const key = `${content} ${name} ${share.nodeName}`;
    const common = {
      ...{ nodeName: share.nodeName, storage: share.storage.images, content },
      dependsOn: storageReady,
    };
    const known = this.images.get(key);
    if (known) return known;
    const cloudImage = lab.images.cloud[name];
    const image =
      cloudImage && lab.images.source === 'cloud'
        ? new DownloadedImage(scope, `image-${name}`, {
            ...common,
            image: cloudImage,
            fileName: `${identity.tag}-${cloudImage.fileName}`,
          })
        : new TemplateImage(
            scope,
            `template-${content === 'vztmpl' ? 'of-containers-' : ''}${template.key}`,
            {
              ...common,
              path: content === 'vztmpl' ? template.archivePath : template.path,
              fileName: `${identity.tag}-template-${template.key}.${content === 'vztmpl' ? 'tar.zst' : 'qcow2'}`,
            },
          );
    this.images.set(key, image);
    return image;
  }
}
