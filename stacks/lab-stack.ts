import { type ITerraformDependable, TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { roleVendorData } from '../cloud-init/render';
import type { ProviderConnection } from '../config';
import { bridgeComment } from '../config/bridge-comment';
import type { DeployedGuest, LostBridges } from '../config/deployed-lab';
import type { Guest, Lab } from '../config/lab';
import type { LabIdentity } from '../config/lab-identity';
import type { Role } from '../config/role';
import type { Roles } from '../config/roles';
import { DestroyGuard } from './destroy-guard';
import { ForeignGuestGuard } from './foreign-guest-guard';
import { LabGuest } from './guest';
import { DownloadedImage, type Image, TemplateImage } from './image';
import { KeptLabIdentity } from './lab-identity';
import { LabNetwork } from './network';
import { NodeCheck } from './node-check';
import { NodeConnection } from './node-connection';
import { LabNodeSettings } from './node-settings';
import { LabReadiness } from './readiness';
import { Snippet } from './snippet';

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
  readonly template: { readonly path: string; readonly key: string };
  /** Changes when the node is to be looked at again before something is made: see check-attempt.ts. */
  readonly checkAttempt?: string;
  /** Whether a guest without its application is an error. */
  readonly requireApplication: boolean;
}

/** The whole lab on one node: settings, two networks, images, guests, and the wait for their applications. */
export class LabStack extends TerraformStack {
  private readonly images = new Map<string, Image>();
  private readonly vendorDataOf = new Map<string, Snippet>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: LabStackProps,
  ) {
    super(scope, id);
    const { lab, identity, connection, lostBridges, requireApplication } = props;
    const vmids = lab.guests.map((guest) => guest.vmid);
    new NodeConnection(this, 'connection', { nodeName: lab.nodeName, connection });
    const guard = new ForeignGuestGuard(this, 'foreign-guests', {
      tag: identity.tag,
      takenOver: props.takenOver.map((guest) => guest.vmid),
      vmids,
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
    const checked = [new KeptLabIdentity(this, 'identity', { identity, vmids, dependsOn: reached }).ready];
    const settings = new LabNodeSettings(this, 'node', { lab, dependsOn: checked });
    const servers = new LabNetwork(this, 'servers', {
      nodeName: lab.nodeName,
      network: lab.networks.servers,
      comment: bridgeComment(lab, 'servers', identity.tag),
      isLost: lostBridges.made.includes(lab.networks.servers.bridge),
      dependsOn: checked,
    });
    const clients = new LabNetwork(this, 'clients', {
      nodeName: lab.nodeName,
      network: lab.networks.clients,
      comment: bridgeComment(lab, 'clients', identity.tag),
      isLost: lostBridges.made.includes(lab.networks.clients.bridge),
      // Each change of a bridge reloads the node's network; two reloads at once get in each other's way.
      dependsOn: [servers.bridge],
    });
    const guests = lab.guests.map((guest) => {
      // By its vmid, by which the node knows it too: a guest that is renamed stays the same resource, and any name will do.
      const labGuest = new LabGuest(this, `guest-${guest.vmid}`, {
        lab,
        guest,
        identity,
        image: this.image(guest, settings.storageReady),
        bridge: servers.bridge.name,
        title: this.role(guest).title,
        vendorData: this.vendorData(this.role(guest), settings.storageReady),
        requireApplication,
        dependsOn: [...settings.storageReady, clients.bridge],
      });
      new LabReadiness(labGuest, 'readiness', { guest: labGuest, name: guest.name });
      return labGuest.vm;
    });
    if (guests.length > 0) new DestroyGuard(this, 'destroy', { dependsOn: guests });
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

  /** The vendor data of a role, which all its guests share. */
  private vendorData(role: Role, dependsOn: readonly ITerraformDependable[]): Snippet {
    const { lab, identity } = this.props;
    const known =
      this.vendorDataOf.get(role.key) ??
      new Snippet(this, `role-${role.key}`, {
        nodeName: lab.nodeName,
        storage: lab.storage.snippets,
        name: `${identity.tag}-role-${role.key}`,
        text: roleVendorData(role),
        dependsOn,
      });
    this.vendorDataOf.set(role.key, known);
    return known;
  }

  /** The image of a guest; guests that have the same one share it. */
  private image(guest: Guest, dependsOn: readonly ITerraformDependable[]): Image {
    const { lab, identity, template } = this.props;
    const key = lab.images.source === 'template' ? 'template' : guest.image;
    const place = { nodeName: lab.nodeName, storage: lab.storage.images, dependsOn };
    const known = this.images.get(key);
    if (known) return known;
    const cloudImage = lab.images.cloud[key];
    const image =
      cloudImage && lab.images.source === 'cloud'
        ? new DownloadedImage(this, `image-${key}`, {
            ...place,
            image: cloudImage,
            fileName: `${identity.tag}-${cloudImage.fileName}`,
          })
        : new TemplateImage(this, `template-${template.key}`, {
            ...place,
            path: template.path,
            fileName: `${identity.tag}-template-${template.key}.qcow2`,
          });
    this.images.set(key, image);
    return image;
  }
}
