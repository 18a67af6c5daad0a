import { type ITerraformDependable, TerraformLocal } from 'cdktf';
import { Construct } from 'constructs';
import type { CloudImage } from '../config/lab';
import { DownloadFile, VirtualEnvironmentFile } from './provider';

export interface ImageProps {
  readonly nodeName: string;
  readonly storage: string;
  readonly dependsOn: readonly ITerraformDependable[];
}

/** A disk image on the node's storage, which guests' disks are imported from. */
export abstract class Image extends Construct {
  /** Volume identifier, for example local:import/debian.qcow2. */
  abstract readonly volume: string;
}

export interface TemplateImageProps extends ImageProps {
  /** The image on this machine. */
  readonly path: string;
  /** Name on the node; changes with the image's content, so that a new template is a new volume. */
  readonly fileName: string;
}

/** The lab's own template, uploaded. */
export class TemplateImage extends Image {
  readonly volume: string;

  constructor(scope: Construct, id: string, props: TemplateImageProps) {
    super(scope, id);
    // A condition must refer to something; the path by itself is nothing in Terraform's eyes.
    const path = new TerraformLocal(this, 'path', props.path);
    this.volume = new VirtualEnvironmentFile(this, 'file', {
      nodeName: props.nodeName,
      datastoreId: props.storage,
      contentType: 'import',
      sourceFile: { path: props.path, fileName: props.fileName },
      dependsOn: [...props.dependsOn],
      lifecycle: {
        precondition: [
          {
            condition: `\${fileexists(local.${path.friendlyUniqueId})}`,
            errorMessage: `The guest template ${props.path} has not been built: npm run template (or set images.source: cloud in lab.yaml).`,
          },
        ],
      },
    }).id;
  }
}

export interface DownloadedImageProps extends ImageProps {
  readonly image: CloudImage;
  /** Name on the node. */
  readonly fileName: string;
}

/** A distribution's cloud image, downloaded by the node and checked by it against its checksum. */
export class DownloadedImage extends Image {
  readonly volume: string;

  constructor(scope: Construct, id: string, props: DownloadedImageProps) {
    super(scope, id);
    this.volume = new DownloadFile(this, 'file', {
      nodeName: props.nodeName,
      datastoreId: props.storage,
      contentType: 'import',
      url: props.image.url,
      fileName: props.fileName,
      checksum: props.image.checksum,
      checksumAlgorithm: props.image.checksumAlgorithm,
      // The address is dated and the content is checked. With overwrite a changed size would replace every guest.
      overwrite: false,
      dependsOn: [...props.dependsOn],
    }).id;
  }
}
