import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { loadRoles } from '../config';
import type { GuestKind } from '../config/lab';
import { cacheDirectory } from '../config/paths';
import { usableDirectory } from '../config/usable-directory';
import { run } from '../machine/command';
import { freeBytes, GIB } from '../machine/disk-space';
import { writeWholeFile } from '../machine/whole-file';
import { debianMirror, readHostSources } from './apt-sources';
import { packDisk, packTree } from './archive';
import { withBuildLock } from './build-lock';
import { removeTree, requireOwner } from './build-process';
import { buildDisk, rootTree } from './disk';
import { installCommand, missingTools, searchPath } from './host-tools';
import { type MoodleSource, moodleRelease, moodleSource, writeMoodleTar } from './moodle-source';
import { buildRootFilesystem, readFromTar, SUITE, templatePackages } from './root-filesystem';
import { templateKey } from './template-key';

type Environment = NodeJS.ProcessEnv;
type Log = (line: string) => void;

/** What a template holds; template-<key>.json beside the image. */
export interface TemplateManifest {
  readonly key: string;
  readonly suite: string;
  readonly builtAt: string;
  /** Wall time of the build. */
  readonly seconds: number;
  /** Size of the qcow2 file, bytes. */
  readonly bytes: number;
  readonly kernel: string;
  readonly moodle: {
    readonly baked: boolean;
    /** Moodle's release as its version.php says it; null when not baked or not said. */
    readonly version: string | null;
    /** Why Moodle is not baked in; null when it is. */
    readonly reason: string | null;
  };
  /** Versions of all Debian packages by name. */
  readonly packages: Readonly<Record<string, string>>;
}

export interface Template {
  readonly key: string;
  readonly path: string;
  readonly manifestPath: string;
  /** The same root file system as a container's template (vztmpl). */
  readonly archivePath: string;
  /** True when both the image and its manifest are there. */
  readonly exists: boolean;
}

/** Root file system, its tar file, two forms of the disk: what a build holds at its peak, bytes. */
export const SPACE_NEEDED = 8 * GIB;
const KEPT = 2;

/** Where the template for these inputs, or of a key that is known, is or would be. Reads, never builds. */
export function templateFile(env: Environment, key = templateKey(env)): Template {
  const path = join(cacheDirectory(env), `template-${key}.qcow2`);
  const manifestPath = join(cacheDirectory(env), `template-${key}.json`);
  const archivePath = join(cacheDirectory(env), `template-${key}.tar.zst`);
  return { key, path, manifestPath, archivePath, exists: existsSync(path) && existsSync(manifestPath) };
}

/** Whether what a guest of that kind is made of must be built first. */
export function lacksTemplate(env: Environment, kind: GuestKind): boolean {
  const { exists, archivePath } = templateFile(env);
  return !exists || (kind === 'container' && !existsSync(archivePath));
}

export async function readManifest(template: Template): Promise<TemplateManifest> {
  return JSON.parse(await readFile(template.manifestPath, 'utf8')) as TemplateManifest;
}

/**
 * Builds the template unless it is in the cache; about 2 minutes. It is whole or absent at any moment. Of two builds
 * at once the second waits for the first. Throws with all missing tools and the command that brings them, on too little
 * space, and with the tail of the failing step's output.
 */
export async function ensureTemplate(options: {
  readonly env: Environment;
  readonly log: Log;
  readonly signal?: AbortSignal;
}): Promise<Template> {
  const { env, log, signal } = options;
  const found = templateFile(env);
  if (found.exists) {
    await touch(found);
    return found;
  }
  const isRoot = process.getuid?.() === 0;
  const missing = missingTools(env.PATH, isRoot);
  if (missing.length > 0) {
    throw new Error(
      `building the guest template needs ${missing.map((tool) => tool.tool).join(', ')}, which this machine lacks; install with: ${installCommand(missing)}`,
    );
  }
  await requireOwner({ env, isRoot, signal });
  const cache = usableDirectory(cacheDirectory(env), 'the cache', 'XDG_CACHE_HOME or HOME');
  await withBuildLock(cache, { log, signal }, async () => {
    if (templateFile(env).exists) return; // built by the one that we waited for
    await removeLeftovers(cache, { env, isRoot });
    const free = freeBytes(cache);
    if (free < SPACE_NEEDED) {
      throw new Error(
        `building the guest template needs ${SPACE_NEEDED / GIB} GiB, and ${cache} has ${(free / GIB).toFixed(1)} GiB left; make room or set XDG_CACHE_HOME`,
      );
    }
    const work = await mkdtemp(join(cache, 'build-'));
    try {
      await build(found, work, { env, isRoot, log, signal });
    } finally {
      await removeTree(work, { env, isRoot });
    }
    await prune(cache, found.key);
  });
  return templateFile(env);
}

/**
 * Builds the template unless it is in the cache, and the container's template beside it: one build makes both. Of a disk
 * that an earlier version built alone, root makes the other; for an ordinary user both are built anew.
 */
export async function ensureContainerTemplate(options: {
  readonly env: Environment;
  readonly log: Log;
  readonly signal?: AbortSignal;
}): Promise<Template> {
  const { env, log, signal } = options;
  const template = await ensureTemplate(options);
  if (existsSync(template.archivePath)) return template;
  const cache = cacheDirectory(env);
  const isRoot = process.getuid?.() === 0;
  await withBuildLock(cache, { log, signal }, async () => {
    if (existsSync(template.archivePath)) return;
    try {
      if (!isRoot) throw new Error('only root can look into a disk');
      log("template: making the containers' template of the disk");
      await packDisk(template.path, template.archivePath, cache, { env, isRoot, signal });
    } catch (error) {
      if (signal?.aborted) throw error;
      log(`template: building anew, for containers (${error instanceof Error ? error.message : error})`);
      await rm(template.manifestPath);
    }
  });
  return existsSync(template.archivePath) ? template : ensureTemplate(options);
}

interface BuildContext {
  readonly env: Environment;
  readonly isRoot: boolean;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

async function build(template: Template, work: string, context: BuildContext): Promise<void> {
  const started = Date.now();
  const log: Log = (line) =>
    context.log(`template: ${line} (${((Date.now() - started) / 1000).toFixed(0)} s)`);
  // The same inputs give the same UUID, which the kernel's parameters carry.
  const rootUuid = `${template.key.replace(/^(.{8})(.{4})(.{3})(.).*$/, '$1-$2-4$3-8$4')}00-${template.key.slice(0, 12)}`;

  const moodleTar = join(work, 'moodle.tar');
  const unavailable = await tryMoodle(moodleSource(context.env), moodleTar, log, context.signal);

  const mirror = debianMirror(readHostSources());
  log(`Debian ${SUITE} from ${mirror.uri}`);
  const tarFile = join(work, 'root.tar');
  await buildRootFilesystem({
    mirror,
    packages: templatePackages(loadRoles(context.env)),
    tarFile,
    workDirectory: work,
    ...(unavailable === null ? { moodleTar } : {}),
    aptOptions: await hostAptOptions(context.env),
    ...context,
    log,
  });
  const packages = parsePackages(await readFromTar(tarFile, 'usr/lib/lab/packages'));
  const kernel = (await readFromTar(tarFile, 'usr/lib/lab/kernel')).trim();
  const version = unavailable === null ? await bakedMoodle(tarFile) : null;

  log('making the disk');
  const outputFile = join(work, 'template.qcow2');
  await buildDisk({ workDirectory: work, tarFile, rootUuid, outputFile, ...context });
  log("packing the containers' template");
  const archive = join(work, 'template.tar.zst');
  await packTree(rootTree(work), archive, context);

  const seconds = Math.round((Date.now() - started) / 1000);
  const { size } = await stat(outputFile);
  const manifest: TemplateManifest = {
    key: template.key,
    suite: SUITE,
    builtAt: new Date(started).toISOString(),
    seconds,
    bytes: size,
    kernel,
    moodle: { baked: unavailable === null, version, reason: unavailable },
    packages,
  };
  // The manifest comes first: an image without one does not count as there, and one without the other is built again.
  await writeWholeFile(template.manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(archive, template.archivePath);
  await rename(outputFile, template.path);
  log(`built, ${(size / 1024 ** 2).toFixed(0)} MiB`);
}

/** Null when the source is there; else why not. A source that the user named must be had: its absence is an error. */
async function tryMoodle(
  source: MoodleSource,
  tarFile: string,
  log: Log,
  signal?: AbortSignal,
): Promise<string | null> {
  log(`Moodle from ${source.kind === 'url' ? source.url : source.path}`);
  try {
    await writeMoodleTar(source, tarFile, signal);
    return null;
  } catch (error) {
    if (source.chosen || signal?.aborted) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    log(`Moodle is left out: ${reason}`);
    return `${reason}; set MOODLE_SOURCE to a directory, a tar file or an address that has it`;
  }
}

async function bakedMoodle(tarFile: string): Promise<string | null> {
  for (const path of ['usr/share/moodle/public/version.php', 'usr/share/moodle/version.php']) {
    const text = await readFromTar(tarFile, path).catch(() => '');
    if (text) return moodleRelease(text);
  }
  return null;
}

/** How the host's own apt reaches its mirror: proxies and certificates. Not the rest of its configuration. */
async function hostAptOptions(env: Environment): Promise<string[]> {
  const dump = await run(['apt-config', 'dump'], { env: { ...env, PATH: searchPath(env.PATH) } });
  return dump.split('\n').filter((line) => /^Acquire::https?::\S* "[^"]+";$/.test(line));
}

function parsePackages(text: string): Record<string, string> {
  return Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('\t') as [string, string]),
  );
}

/** What builds that were cut off have left. Called under the lock, so that none of it is in use. */
async function removeLeftovers(cache: string, context: Pick<BuildContext, 'env' | 'isRoot'>): Promise<void> {
  for (const name of await readdir(cache)) {
    if (/^build-\w{6}$/.test(name)) await removeTree(join(cache, name), context);
  }
}

/** Marks a template as used, which keeps it from being pruned. */
async function touch(template: Template): Promise<void> {
  const now = new Date();
  await utimes(template.path, now, now);
}

/** Keeps the templates used last, the one named among them. */
async function prune(cache: string, key: string): Promise<void> {
  const keys = (await readdir(cache)).flatMap((name) => /^template-(\w+)\.qcow2$/.exec(name)?.[1] ?? []);
  const used = await Promise.all(
    keys.map(async (each) => ({
      key: each,
      time:
        each === key ? Number.POSITIVE_INFINITY : (await stat(join(cache, `template-${each}.qcow2`))).mtimeMs,
    })),
  );
  for (const old of used.sort((a, b) => b.time - a.time).slice(KEPT)) {
    await rm(join(cache, `template-${old.key}.qcow2`), { force: true });
    for (const ending of ['json', 'tar.zst'])
      await rm(join(cache, `template-${old.key}.${ending}`), { force: true });
  }
}
