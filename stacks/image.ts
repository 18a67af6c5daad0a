import { type ITerraformDependable, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import type { CloudImage } from '../config/lab';
import { DownloadFile, VirtualEnvironmentFile } from './provider';

export interface ImageProps {
  readonly nodeName: string;
  readonly storage: string;
  /** Name on the node; another content has another one. */
  readonly fileName: string;
  readonly content: Image['content'];
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * An image on the node's storage, which guests' disks or root file systems are made from. The volume is named by what is in it: an
 * image that somebody has removed is put back, and costs no guest its disk.
 */
export abstract class Image extends Construct {
  /** Volume identifier, for example local:import/debian.qcow2. What names it must depend on `file`. */
  readonly volume: string;
  abstract readonly file: ITerraformDependable;
  /** What it is to Proxmox VE: a disk to import, or a container's template. */
  readonly content: 'import' | 'vztmpl';

  constructor(scope: Construct, id: string, props: ImageProps) {
    super(scope, id);
    this.content = props.content;
    this.volume = `${props.storage}:${props.content}/${props.fileName}`;
  }
}

export interface TemplateImageProps extends ImageProps {
  /** The image on this machine. */
  readonly path: string;
}

/** The lab's own template, uploaded: its disk, or the same root file system as an archive. */
export class TemplateImage extends Image {
  readonly file: ITerraformDependable;

  constructor(scope: Construct, id: string, props: TemplateImageProps) {
    super(scope, id, props);
    // A condition must refer to something; the path by itself is nothing in Terraform's eyes.
    const path = new TerraformLocal(this, 'path', props.path);
    this.file = new VirtualEnvironmentFile(this, 'file', {
      nodeName: props.nodeName,
      datastoreId: props.storage,
      contentType: props.content,
      sourceFile: { path: props.path, fileName: props.fileName },
      dependsOn: [...props.dependsOn],
      lifecycle: {
        // The name says what is in it. The provider would upload it again where the file on this machine is younger.
        ignoreChanges: ['source_file'],
        precondition: [
          {
            condition: `\${fileexists(local.${path.friendlyUniqueId})}`,
            errorMessage: `The guest template ${props.path} has not been built: npm run template${props.content === 'vztmpl' ? ' -- --containers' : ''} (or set images.source: cloud in lab.yaml).`,
          },
        ],
      },
    });
  }
}

export interface DownloadedImageProps extends ImageProps {
  readonly image: CloudImage;
}

/** A distribution's cloud image, downloaded by the node and checked by it against its checksum. */
export class DownloadedImage extends Image {
  readonly file: ITerraformDependable;

  constructor(scope: Construct, id: string, props: DownloadedImageProps) {
    super(scope, id, props);
    this.file = new DownloadFile(this, 'file', {
      nodeName: props.nodeName,
      datastoreId: props.storage,
      contentType: 'import',
      url: props.image.url,
      fileName: props.fileName,
      checksum: props.image.checksum,
      checksumAlgorithm: props.image.checksumAlgorithm,
      // The address is dated and the content is checked. With overwrite a changed size would replace every guest.
      overwrite: false,
      // The name carries the lab's identity: what has it without being in the state is of a download whose answer was lost.
      overwriteUnmanaged: true,
      dependsOn: [...props.dependsOn],
    });
  }
}
