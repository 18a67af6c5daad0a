/** Root file systems of containers: directories whose files belong to the container's users. */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logger } from 'pino';
import type { CommandOptions } from '../../../machine/command';
import { CONTAINER_IDS } from '../../namespace/id-maps';
import type { Namespace } from '../../namespace/namespace';
import type { ExtractedTemplate, RootArchive, RootFacts, RootFile } from '../container-engine';
import { hostKeys } from './host-keys';
import { RootLayers, WITH_NODE } from './root-layers';
import { TemplateBases } from './template-bases';

const HELPER = join(__dirname, 'root-files.py');
/** A place of the namespace that no other mount is on. Each of these programs has mounts of its own. */
const PLACE = '/mnt';

/** Runs a program whose input is the file 0, and that says on its errors what it has done or why it could not. */
const FED = `archive=$0
if said=$("$@" 2>&1 <"$archive"); then echo "$said"; exit; else code=$?; fi
echo "$said" | head -n 3 >&2
if [ "$(stat --file-system --format %a ${PLACE})" -lt 16 ]; then echo 'No space left on device' >&2; fi
exit $code`;

/** What tar is told about how an archive is compressed. */
const COMPRESSION: Readonly<Record<string, string>> = {
  gz: '--gzip',
  xz: '--xz',
  zst: '--zstd',
  lzo: '--lzop',
};

/** The configuration in a backup, which is for the node and not for the container. */
const PACKED_CONFIG = './etc/vzdump/pct.conf';
/** Packs as the node's root, who alone may write there, what tar reads as the container's. */
const PACK = `set -o pipefail
config=$0; archive=$1; words=$2; compressor=$3; shift 3
chown -R "$OWNER:$OWNER" "$config" && mount --bind "$config" "$CONFIG_PLACE" || exit
if [ -n "$compressor" ]; then "$@" 2>"$words" | $compressor >"$archive"; else "$@" 2>"$words" >"$archive"; fi
end=$?
if [ $end = 0 ]; then cat "$words"; else cat "$words" >&2; fi
exit $end`;
/** Another place of the namespace, for the configuration. */
const CONFIG_PLACE = '/srv';

export interface ContainerRootsOptions {
  readonly stateDir: string;
  readonly namespace: Namespace;
  /** @default silent */
  readonly logger?: Logger;
}

export class ContainerRoots {
  private readonly bases: TemplateBases;
  private readonly layers: RootLayers;

  constructor(protected readonly options: ContainerRootsOptions) {
    this.bases = new TemplateBases({
      stateDir: options.stateDir,
      extract: (archive, root) => this.extract(archive, root),
      remove: (path) => this.layers.remove(path),
    });
    this.layers = new RootLayers(options.namespace, this.bases);
  }

  /** Over the template's files as they were extracted once, where the machine has overlayfs for that; else its own. */
  async extractTemplate(archive: string, root: string): Promise<ExtractedTemplate> {
    const fault = await this.layers.fault(dirname(root));
    if (fault === undefined) {
      return this.bases.use(archive, async (base, isNew) => {
        await this.layers.lay(root, base);
        return { bytes: base.bytes, reused: !isNew };
      });
    }
    this.options.logger?.info({ fault }, 'no layers here: each container gets all files of its template');
    return { bytes: await this.extract(archive, root), reused: false };
  }

  async tidyTemplates(): Promise<void> {
    await this.bases.tidy().catch((err: unknown) => {
      this.options.logger?.warn({ err }, 'what is left of a template stays until the next try');
    });
  }

  show(root: string): Promise<void> {
    return this.layers.show(root);
  }

  async extract(archive: string, root: string): Promise<number> {
    await this.options.namespace.run([
      'sh',
      '-c',
      'mkdir -p "$0" && chown "$1:$1" "$0"',
      root,
      `${CONTAINER_IDS.first}`,
    ]);
    const compression = COMPRESSION[/\.(\w+)$/.exec(archive)?.[1] ?? ''];
    const tar = [
      ...['tar', '--extract', '--file', '-', '--directory', PLACE, '--totals', '--numeric-owner'],
      ...['--preserve-permissions', '--acls', '--xattrs', '--xattrs-include=security.capability'],
      ...[
        '--anchored',
        '--exclude=./dev/*',
        '--exclude=dev/*',
        `--exclude=${PACKED_CONFIG}`,
        ...(compression ? [compression] : []),
      ],
    ];
    // The archive is opened by the node's root: the container's may not see it.
    const fed = ['sh', '-c', FED, archive];
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

  async writeFiles(root: string, files: readonly RootFile[], logins?: number): Promise<void> {
    await this.helper(root, { files, logins });
  }

  hostKeys(hostname: string, log: (line: string) => void): Promise<readonly RootFile[]> {
    return hostKeys(hostname, log);
  }

  async setPassword(root: string, user: string, hash: string): Promise<void> {
    await this.helper(root, { password: { user, hash } });
  }

  async copy(root: string, target: string): Promise<void> {
    if (await this.layers.copy(root, target)) return;
    await this.show(root);
    await this.options.namespace.run([
      ...WITH_NODE,
      '--',
      'cp',
      '--archive',
      '--reflink=auto',
      '--no-target-directory',
      root,
      target,
    ]);
  }

  async archive(root: string, archive: RootArchive): Promise<number> {
    const { path, working, config, compressor = [], excluded, signal } = archive;
    const directory = join(working, 'config');
    const file = join(directory, PACKED_CONFIG);
    await mkdir(dirname(file), { recursive: true });
    for (const one of [directory, join(directory, 'etc'), dirname(file)]) await chmod(one, 0o755);
    await writeFile(file, config);
    await chmod(file, 0o644);
    const tar = [
      ...['tar', '--create', '--file', '-', '--totals', '--one-file-system', '--sparse', '--numeric-owner'],
      ...['--acls', '--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability'],
      ...[
        '--warning=no-file-ignored',
        '--warning=no-xattr-write',
        `--directory=${CONFIG_PLACE}`,
        PACKED_CONFIG,
      ],
      ...[`--directory=${PLACE}`, '--no-anchored', '--exclude=lost+found', '--anchored'],
      ...[`--exclude=${PACKED_CONFIG}`, ...excluded.map((pattern) => `--exclude=${pattern}`), './'],
    ];
    const settings = ['env', `OWNER=${CONTAINER_IDS.first}`, `CONFIG_PLACE=${CONFIG_PLACE}`];
    const words = [directory, path, join(working, 'words'), compressor.join(' ')];
    const said = await this.asOwner(
      root,
      tar,
      undefined,
      [...settings, 'bash', '-c', PACK, ...words],
      signal,
    );
    return Number(/Total bytes written: (\d+)/.exec(said)?.[1] ?? 0);
  }

  async sync(root: string, target: string, signal: AbortSignal): Promise<number> {
    await this.show(root);
    await mkdir(target, { recursive: true });
    const how = ['--archive', '--hard-links', '--acls', '--xattrs', '--numeric-ids', '--sparse', '--delete'];
    const rsync = ['rsync', '--stats', '--one-file-system', ...how, `${root}/`, `${target}/`];
    const said = await this.options.namespace.run(rsync, { signal });
    return Number(/Total transferred file size: ([\d,]+)/.exec(said)?.[1]?.replaceAll(',', '') ?? 0);
  }

  async remove(root: string): Promise<void> {
    await this.layers.remove(root);
    await this.tidyTemplates();
  }

  occupied(root: string): Promise<number> {
    return this.layers.occupied(root);
  }

  /** Bytes on disk. */
  protected async used(root: string): Promise<number> {
    await this.show(root);
    const text = await this.options.namespace.run([
      'du',
      '--summarize',
      '--block-size=1',
      '--one-file-system',
      root,
    ]);
    return Number.parseInt(text, 10);
  }

  private async helper(root: string, work: object): Promise<Readonly<Record<string, unknown>>> {
    // The text and not the file, which the container's root may not see.
    const program = await readFile(HELPER, 'utf8');
    const answer = await this.asOwner(root, ['python3', '-I', '-c', program, PLACE], JSON.stringify(work));
    return JSON.parse(answer) as Readonly<Record<string, unknown>>;
  }

  /** Runs a program as the container's root, who sees `root` as PLACE. `around` comes before its users change. */
  private async asOwner(
    root: string,
    argv: readonly string[],
    input: CommandOptions['input'],
    around: readonly string[] = [],
    signal?: AbortSignal,
  ): Promise<string> {
    await this.show(root);
    const { first, count } = CONTAINER_IDS;
    const map = (kind: string) => ['-m', `${kind}:0:${first}:${count}`];
    const owner = ['lxc-usernsexec', ...map('u'), ...map('g'), '--', ...argv];
    const mounted = ['sh', '-c', `mount --bind "$0" ${PLACE} && exec "$@"`, root, ...around, ...owner];
    const own = ['unshare', '--mount', '--propagation', 'private', '--', ...mounted];
    return this.options.namespace.run(own, {
      ...(input === undefined ? {} : { input }),
      ...(signal ? { signal } : {}),
    });
  }
}
