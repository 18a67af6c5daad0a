/** Root file systems of containers: directories whose files belong to the container's users. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandOptions } from '../../../machine/command';
import { CONTAINER_IDS } from '../../namespace/id-maps';
import type { Namespace } from '../../namespace/namespace';
import type { RootFacts, RootFile } from '../container-engine';

const HELPER = join(__dirname, 'root-files.py');
/** A place of the namespace that no other mount is on. Each of these programs has mounts of its own. */
const PLACE = '/mnt';

/** What tar is told about how an archive is compressed. */
const COMPRESSION: Readonly<Record<string, string>> = { gz: '--gzip', xz: '--xz', zst: '--zstd' };

export class ContainerRoots {
  constructor(private readonly namespace: Namespace) {}

  async extract(archive: string, root: string): Promise<number> {
    await this.namespace.run([
      'sh',
      '-c',
      'mkdir -p "$0" && chown "$1:$1" "$0"',
      root,
      `${CONTAINER_IDS.first}`,
    ]);
    const compression = COMPRESSION[/\.(\w+)$/.exec(archive)?.[1] ?? ''];
    const tar = [
      ...['tar', '--extract', '--file', '-', '--directory', PLACE, '--totals', '--numeric-owner'],
      ...['--preserve-permissions', '--xattrs', '--xattrs-include=security.capability'],
      ...['--anchored', '--exclude=./dev/*', '--exclude=dev/*', ...(compression ? [compression] : [])],
    ];
    // The archive is opened by the node's root: the container's may not see it.
    const fed = ['sh', '-c', 'archive=$0; exec "$@" 2>&1 <"$archive"', archive];
    const said = await this.asOwner(root, tar, undefined, fed);
    return Number(/Total bytes read: (\d+)/.exec(said)?.[1] ?? 0);
  }

  async inspect(root: string): Promise<RootFacts> {
    const { os, architecture, systemd } = await this.helper(root, { inspect: true });
    return {
      os: typeof os === 'string' ? os : undefined,
      architecture: typeof architecture === 'string' ? architecture : undefined,
      systemd: typeof systemd === 'number' ? systemd : undefined,
    };
  }

  async writeFiles(root: string, files: readonly RootFile[]): Promise<void> {
    await this.helper(root, { files });
  }

  async setPassword(root: string, user: string, hash: string): Promise<void> {
    await this.helper(root, { password: { user, hash } });
  }

  async copy(root: string, target: string): Promise<void> {
    await this.namespace.run(['cp', '--archive', '--reflink=auto', '--no-target-directory', root, target]);
  }

  async remove(root: string): Promise<void> {
    await this.namespace.run(['rm', '-rf', '--one-file-system', root]);
  }

  /** Bytes on disk. */
  async used(root: string): Promise<number> {
    const text = await this.namespace.run(['du', '--summarize', '--block-size=1', '--one-file-system', root]);
    return Number.parseInt(text, 10);
  }

  private async helper(root: string, work: object): Promise<Readonly<Record<string, unknown>>> {
    // The text and not the file, which the container's root may not see.
    const program = await readFile(HELPER, 'utf8');
    const answer = await this.asOwner(root, ['python3', '-I', '-c', program, PLACE], JSON.stringify(work));
    return JSON.parse(answer) as Readonly<Record<string, unknown>>;
  }

  /** Runs a program as the container's root, who sees `root` as PLACE. `around` comes before its users change. */
  private asOwner(
    root: string,
    argv: readonly string[],
    input: CommandOptions['input'],
    around: readonly string[] = [],
  ): Promise<string> {
    const { first, count } = CONTAINER_IDS;
    const map = (kind: string) => ['-m', `${kind}:0:${first}:${count}`];
    const owner = ['lxc-usernsexec', ...map('u'), ...map('g'), '--', ...argv];
    const mounted = ['sh', '-c', `mount --bind "$0" ${PLACE} && exec "$@"`, root, ...around, ...owner];
    const own = ['unshare', '--mount', '--propagation', 'private', '--', ...mounted];
    return this.namespace.run(own, input === undefined ? {} : { input });
  }
}
