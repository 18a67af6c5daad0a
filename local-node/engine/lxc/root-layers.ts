/**
 * Root file systems that stand on a template's: overlayfs, mounted in the node's namespace upon the directory of the
 * root file system, so that its path shows all of it. Beneath, the directory holds what makes the layer:
 *
 *     upper  what differs from the template
 *     work   overlayfs's own
 *     base   a hard link to the template's mark (template-bases.ts), which no container can make
 *
 * Mounts end with the namespace and are made again at the next use. Paths reach the kernel as open directories, as
 * colons and commas in them would mean something to overlayfs.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError } from '../../../machine/command';
import { CONTAINER_IDS } from '../../namespace/id-maps';
import type { Namespace } from '../../namespace/namespace';
import type { TemplateBase, TemplateBases } from './template-bases';

/** 0: the directory, 1: its template's root. One at a time mounts, and who waited looks again. */
const MOUNT = `exec 4<"$0" 3<"$1" && flock 4 && if ! mountpoint -q "$0"; then
  mount -t overlay -o userxattr,lowerdir=/proc/self/fd/3,upperdir=/proc/self/fd/4/upper,workdir=/proc/self/fd/4/work \\
    overlay "$0"
fi`;
/** 0: the directory, 1: its template's root, 2: its template's mark. */
const LAY = `mkdir -p "$(dirname "$0")" && mkdir "$0" "$0/upper" "$0/work" &&
chmod --reference="$1" "$0/upper" && chown --reference="$1" "$0/upper" && ln "$2" "$0/base"`;
/** 0: the directory, 1: its copy. In mounts of its own, so that what is beneath the overlay is seen. */
const COPY = `while mountpoint -q "$0"; do umount "$0" || exit; done
mkdir "$1" && if ! ln "$0/base" "$1/base"; then rmdir "$1"; exit 9; fi &&
cp --archive --reflink=auto "$0/upper" "$1/upper" && mkdir "$1/work"`;
/** 0: the directory. */
const OCCUPIED = `while mountpoint -q "$0"; do umount "$0" || exit; done
du --summarize --block-size=1 --one-file-system "$0"`;
/** Before a copy: one that outlives a killed node would write where the next one has tidied up. */
export const WITH_NODE = ['setpriv', '--pdeathsig', 'KILL', '--', 'unshare', '--pid', '--kill-child'];
/** Of COPY: the copy lies on another file system than the template, whose layer it cannot be. */
const ELSEWHERE = 9;
/** Again and again: an extraction whose node was killed may still write there, and ends with what it writes to. */
const REMOVE = `while mountpoint -q "$0"; do umount --lazy "$0" || exit; done
for attempt in 1 2 3 4 5 6 7 8 9; do
  if rm -rf --one-file-system "$0" 2>/dev/null; then exit; fi
  sleep 0.3
done
rm -rf --one-file-system "$0"`;
/**
 * Does what containers do here: hides a file, puts a directory in the place of another, keeps their owners. 0: a
 * directory, 1: first user of containers. All of it in mounts of its own.
 */
const TRY = `set -e
place=$(mktemp -d "$0/layers-XXXXXX") && trap 'rm -rf "$place"' EXIT && cd "$place"
mkdir lower upper work merged lower/d && touch lower/f lower/d/x && chown -R "$1:$1" lower upper
mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work overlay merged
rm -r merged/f merged/d && mkdir merged/d && [ ! -e merged/f ] && [ -z "$(ls merged/d)" ]
umount merged`;

export class RootLayers {
  /** By device: whether its file system can hold layers. */
  private readonly possible = new Map<number, Promise<string | undefined>>();

  constructor(
    private readonly namespace: Namespace,
    private readonly bases: TemplateBases,
  ) {}

  /** Why there can be no layers in a directory; undefined where there can. */
  async fault(directory: string): Promise<string | undefined> {
    const { dev } = statSync(directory);
    if (dev !== this.bases.device())
      return 'the storage is on another file system than the extracted templates';
    const known = this.possible.get(dev);
    if (known) return known;
    const own = ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', TRY];
    const tried = this.namespace.run([...own, directory, String(CONTAINER_IDS.first)]).then(
      () => undefined,
      (error: unknown) =>
        error instanceof CommandError ? error.stderr.trim() || error.message : String(error),
    );
    this.possible.set(dev, tried);
    return tried;
  }

  /** Makes an empty layer over a template's root file system. Throws if the two are on different file systems. */
  async lay(root: string, base: TemplateBase): Promise<void> {
    await this.namespace.run(['sh', '-c', LAY, root, base.root, base.mark]);
  }

  /** Sees to it that a root file system is whole where its path is, if it is a layer. */
  async show(root: string): Promise<void> {
    const base = this.bases.ofMark(join(root, 'base'));
    if (base) await this.namespace.run(['sh', '-c', MOUNT, root, base.root]);
  }

  /** Copies a layer, which stands on the same template then; false if the root file system is none that can be. */
  async copy(root: string, target: string): Promise<boolean> {
    if (!this.bases.ofMark(join(root, 'base'))) return false;
    const own = [...WITH_NODE, '--mount', '--propagation', 'private', '--', 'sh', '-c', COPY];
    try {
      await this.namespace.run([...own, root, target]);
      return true;
    } catch (error) {
      if (error instanceof CommandError && error.exitCode === ELSEWHERE) return false;
      throw error;
    }
  }

  /** Bytes on disk of a layer, or of a root file system that is none. */
  async occupied(root: string): Promise<number> {
    const own = ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', OCCUPIED];
    return Number.parseInt(await this.namespace.run([...own, root]), 10);
  }

  async remove(root: string): Promise<void> {
    await this.namespace.run(['sh', '-c', REMOVE, root]);
  }
}
