import { createHash } from 'node:crypto';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { VirtualEnvironmentFile } from './provider';
import { quoted } from './quoted';

/**
 * By which way the provider writes a file on the node: by SFTP where it comes as root; through `sudo tee` otherwise, which
 * repeats the whole file in its error.
 */
export type SnippetUpload = 'sftp' | undefined;

export interface SnippetProps {
  readonly nodeName: string;
  readonly storage: string;
  /** Beginning of the file's name. */
  readonly name: string;
  readonly text: string;
  readonly upload: SnippetUpload;
  readonly dependsOn: readonly ITerraformDependable[];
}

/**
 * A cloud-init file on the node's storage. Its name carries a digest of its text: another text is another volume, which
 * replaces the VMs that name it (cloud-init acts on their first boot alone), while a file that somebody has removed is
 * put back and costs no VM its disk.
 */
export class Snippet extends Construct {
  /** Volume identifier, for example local:snippets/lab-wordpress-0a1b2c3d4e5f.yaml. What names it must depend on `file`. */
  readonly volume: string;
  readonly file: VirtualEnvironmentFile;

  constructor(scope: Construct, id: string, props: SnippetProps) {
    super(scope, id);
    const digest = createHash('sha256').update(props.text).digest('hex').slice(0, 12);
    const fileName = `${props.name}-${digest}.yaml`;
    this.volume = `${props.storage}:snippets/${fileName}`;
    this.file = new VirtualEnvironmentFile(this, 'file', {
      nodeName: props.nodeName,
      datastoreId: props.storage,
      contentType: 'snippets',
      uploadMode: props.upload,
      // Nothing in it is secret. It is marked, because a plan would otherwise print all of it: 500 lines a role.
      sourceRaw: { fileName, data: `\${sensitive(${quoted(props.text)})}` },
      dependsOn: [...props.dependsOn],
    });
  }
}
