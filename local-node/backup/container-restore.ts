/** A container from a tar archive with ./etc/vzdump/pct.conf, the task vzrestore. */
import { run } from '../../machine/command';
import type { ContainerEngine } from '../engine/container-engine';
import { printSize } from '../formats/drive';
import type { GuestConfig } from '../formats/guest-config';
import { type OptionValues, textOf } from '../formats/option-values';
import { withNewMacs } from '../guests/containers/container-creation';
import { CONTAINERS, rootOf } from '../guests/containers/container-spec';
import type { ContainerVolumes } from '../guests/containers/container-volumes';
import { messageOf } from '../guests/guest-disks';
import type { GuestStore } from '../guests/guest-store';
import type { TaskContext } from '../tasks/task-service';
import { type RestoreRequest, type RestoreUses, restoreInto } from './restore';
import { tarText } from './words';

interface ContainerRestoreUses extends RestoreUses {
  readonly engine: ContainerEngine;
  readonly volumes: ContainerVolumes;
}

interface Target {
  readonly vmid: number;
  readonly old: GuestConfig | undefined;
  readonly request: RestoreRequest;
}

/** Of a root file system whose size its backup does not tell. */
const DEFAULT_BYTES = 4 * 1024 ** 3;

export async function restoreContainer(
  uses: ContainerRestoreUses,
  store: GuestStore,
  target: Target,
  task: TaskContext,
): Promise<void> {
  const { vmid, old, request } = target;
  const { storage, engine, volumes } = uses;
  const free = (volid: string) => storage.free(storage.volume(volid), () => undefined);
  try {
    await restoreInto(
      uses,
      store,
      { vmid, old, pool: request.pool },
      (tell) => fill(uses, target, task, tell),
      free,
    );
  } catch (fault) {
    throw new Error(`unable to restore CT ${vmid} - ${messageOf(fault)}`, { cause: fault });
  }
  await engine.unmount(vmid);
  const before = old && rootOf(old.values);
  if (before) await volumes.remove(volumes.of(before.volume));
}

async function fill(
  { storage, engine, volumes }: ContainerRestoreUses,
  { vmid, request }: Target,
  { log }: TaskContext,
  tell: (volid: string) => void,
): Promise<{ readonly values: OptionValues }> {
  log(`recovering backed-up configuration from '${request.archive}'`);
  if (engine.fault !== undefined) throw new Error(engine.fault);
  const archive = storage.volume(request.archive);
  if (!(await storage.exists(archive))) throw new Error(`volume '${request.archive}' does not exist`);
  const backedUp = CONTAINERS.parse(await configOfArchive(archive.path)).values;
  const root = rootOf(backedUp);
  const place = request.storage ?? root?.volume.split(':')[0] ?? 'local-lvm';
  const volume = await volumes.next(volumes.place(place), vmid);
  tell(volume.volid);
  await storage.requireSpace(volume.storage, 0, `root file system '${volume.volid}'`);
  log(`restoring '${request.archive}' now..`);
  log(`extracting archive '${archive.path}'`);
  const began = performance.now();
  const bytes = await engine.extract(archive.path, volume.path);
  log(`Total bytes read: ${tarText(bytes, (performance.now() - began) / 1000)}`);
  log('merging backed-up and given configuration..');
  const values = request.unique
    ? withNewMacs(backedUp)
    : new Map([...backedUp.keys()].map((name) => [name, textOf(backedUp, name) ?? '']));
  for (const name of ['lock', 'parent', 'template']) values.delete(name);
  for (const [name, value] of request.options) if (name !== 'rootfs') values.set(name, String(value));
  values.set('rootfs', `${volume.volid},size=${printSize(root?.size || DEFAULT_BYTES)}`);
  return { values };
}

const PACKED_CONFIG = './etc/vzdump/pct.conf';
const COMPRESSION: Readonly<Record<string, string>> = {
  ...{ gz: '--gzip', tgz: '--gzip', zst: '--zstd', lzo: '--lzop', bz2: '--bzip2' },
};

/** The configuration of the container that an archive is of. Throws if there is none in it. */
export async function configOfArchive(path: string): Promise<string> {
  const compression = COMPRESSION[/\.(\w+)$/.exec(path)?.[1] ?? ''];
  const how = compression === undefined ? [] : [compression];
  return run(['tar', '-x', '-O', '--occurrence=1', ...how, '-f', path, PACKED_CONFIG]);
}
