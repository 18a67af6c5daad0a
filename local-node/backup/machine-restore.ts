/** A virtual machine from a VMA archive, the task qmrestore. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CLOUD_INIT_BYTES, type DiskFormat, type GuestEngine } from '../engine/guest-engine';
import { type Drive, isCdrom, isCloudInit, isDrive, isUnusedDisk, printSize } from '../formats/drive';
import { type GuestConfig, parseGuestConfig } from '../formats/guest-config';
import { isNic, randomMac } from '../formats/nic';
import { drivesOf, type OptionValue, type OptionValues } from '../formats/option-values';
import type { StorageDefinition } from '../formats/storage-config';
import type { VmaHeader } from '../formats/vma';
import type { GuestDisks } from '../guests/guest-disks';
import { messageOf } from '../guests/guest-disks';
import type { GuestStore } from '../guests/guest-store';
import type { Volume } from '../storage/storage-catalogue';
import type { TaskContext } from '../tasks/task-service';
import { decompressor } from './compression';
import { type RestoreRequest, type RestoreUses, restoreInto } from './restore';
import { extractVma } from './vma-reader';

interface MachineRestoreUses extends RestoreUses {
  readonly engine: GuestEngine;
  readonly disks: GuestDisks;
  /** Its directory tmp goes at the node's start. */
  readonly tmpDir: string;
}

interface Target {
  readonly vmid: number;
  readonly old: GuestConfig | undefined;
  readonly volume: Volume;
  readonly request: RestoreRequest;
}

/** A disk of the archive, and what it becomes. */
interface RestoredDisk {
  readonly slot: string;
  readonly bytes: number;
  /** Raw, as it comes out of the archive. */
  readonly extracted: string;
  readonly volume: Volume;
}

export async function restoreMachine(
  uses: MachineRestoreUses,
  store: GuestStore,
  target: Target,
  task: TaskContext,
): Promise<void> {
  const { vmid, old, volume, request } = target;
  if (!/\.vma(\.\w+)?$/.test(volume.path)) {
    if (!old) store.remove(vmid);
    throw new Error(`ERROR: file '${volume.path}' does not look like a QemuServer vzdump backup`);
  }
  const { storage } = uses;
  const free = (volid: string) => storage.free(storage.volume(volid), () => undefined);
  const working = join(uses.tmpDir, 'tmp', `restore-${randomUUID()}`);
  const kept = old ? volumesOf(uses, old.values, vmid) : [];
  try {
    await restoreInto(
      uses,
      store,
      { vmid, old, pool: request.pool },
      (tell) => fill(uses, target, working, task, tell),
      free,
    );
  } catch (fault) {
    throw new Error(`unable to restore VM ${vmid} - ${messageOf(fault)}`, { cause: fault });
  } finally {
    await rm(working, { recursive: true, force: true });
  }
  for (const { volid } of kept) await storage.free(storage.volume(volid), task.log);
}

async function fill(
  uses: MachineRestoreUses,
  { vmid, volume: archive, request }: Target,
  working: string,
  { log, signal }: TaskContext,
  tell: (volid: string) => void,
): Promise<{ readonly values: OptionValues }> {
  const { storage, engine } = uses;
  await mkdir(working, { recursive: true, mode: 0o700 });
  await storage.requireRoom(working, 0, 'the disks of a backup');
  log(`restore vma archive: ${(decompressor(archive.path) ?? ['cat', archive.path]).join(' ')}`);
  let config = '';
  const disks: RestoredDisk[] = [];
  const place = async (header: VmaHeader) => {
    config = header.configs.get('qemu-server.conf') ?? '';
    for (const [name, text] of header.configs) log(`CFG: size: ${Buffer.byteLength(text)} name: ${name}`);
    for (const { id, name, bytes } of header.devices)
      log(`DEV: dev_id=${id} size: ${bytes} devname: ${name}`);
    log(`CTIME: ${new Date(header.ctime * 1000).toString().replace(/ GMT.*/, '')}`);
    disks.push(...(await planned(uses, { vmid, request, working }, header, config)));
    for (const { volume } of disks) tell(volume.volid);
    return new Map(disks.map(({ extracted }, index) => [header.devices[index]?.id ?? 0, extracted]));
  };
  const began = performance.now();
  let told = 0;
  await extractVma(archive.path, place, {
    signal,
    progress: (done, total) => {
      const share = Math.floor((100 * done) / Math.max(total, 1));
      const seconds = Math.round((performance.now() - began) / 1000);
      if (share <= told || (share % 10 !== 0 && share !== 100)) return;
      told = share;
      log(`progress ${share}% (read ${done} bytes, duration ${seconds} sec)`);
    },
  });
  for (const { slot, bytes, extracted, volume } of disks) {
    signal.throwIfAborted();
    await storage.requireSpace(
      volume.storage,
      (await engine.diskInfo(extracted)).usedBytes,
      `disk '${volume.volid}'`,
    );
    await mkdir(dirname(volume.path), { recursive: true });
    log(`new volume ID is '${volume.volid}'`);
    log(`map 'drive-${slot}' to '${volume.path}' (write zeros = 0)`);
    await engine.importDisk(extracted, volume.path, volume.format as DiskFormat);
    // Raw images come out in whole sectors.
    if ((await engine.diskInfo(volume.path)).virtualBytes < bytes)
      throw new Error(`'${volume.volid}' is too small`);
    await rm(extracted, { force: true });
  }
  log('rescan volumes...');
  return { values: await valuesOf(uses, { vmid, request }, config, disks, tell) };
}

/** Where each disk of the archive goes, by the map at the end of its configuration. */
async function planned(
  uses: MachineRestoreUses,
  { vmid, request, working }: { vmid: number; request: RestoreRequest; working: string },
  { devices }: VmaHeader,
  config: string,
): Promise<RestoredDisk[]> {
  const lines = [...config.matchAll(/^#qmdump#map:(\w+):([\w-]+):([^:]*):(\w*):$/gm)];
  const disks: RestoredDisk[] = [];
  for (const { name, bytes } of devices) {
    const [, slot, , storageId = '', format = ''] = lines.find((line) => line[2] === name) ?? [];
    if (slot === undefined) throw new Error(`no disk of the guest is '${name}'`);
    const storage = placeOf(uses, request.storage ?? storageId);
    const kind: DiskFormat = format === 'qcow2' ? 'qcow2' : 'raw';
    const taken = new Set(disks.map(({ volume }) => volume.path));
    const volume = await uses.storage.images.newVolume(storage, vmid, kind, taken);
    disks.push({ slot, bytes, extracted: join(working, `${slot}.raw`), volume });
  }
  return disks;
}

/** That of the backup may be none of this node. */
function placeOf({ storage }: MachineRestoreUses, id: string): StorageDefinition {
  const known = storage.list().find((one) => one.id === id && one.content.includes('images'));
  return known ?? storage.requireImages(storage.list().some((one) => one.id === id) ? id : 'local-lvm');
}

async function valuesOf(
  uses: MachineRestoreUses,
  { vmid, request }: { vmid: number; request: RestoreRequest },
  config: string,
  disks: readonly RestoredDisk[],
  tell: (volid: string) => void,
): Promise<OptionValues> {
  const text = config.replace(/^#(qmdump|vzdump)#.*\n/gm, '');
  const values = new Map<string, OptionValue>(parseGuestConfig(text).values);
  for (const name of ['lock', 'parent', 'template', 'snaptime', 'vmstate']) values.delete(name);
  for (const [name, value] of [...values]) {
    if (isUnusedDisk(name)) values.delete(name);
    else if (isNic(value) && request.unique) values.set(name, { ...value, macaddr: randomMac() });
    else if (isDrive(value)) {
      const drive = await driveFor(uses, vmid, name, value, { disks, request, tell });
      if (drive) values.set(name, drive);
      else values.delete(name); // it was not backed up
    }
  }
  if (values.get('vmgenid') !== '0') values.set('vmgenid', randomUUID());
  const smbios = values.get('smbios1');
  if (request.unique && typeof smbios === 'string')
    values.set('smbios1', smbios.replace(/uuid=[\w-]+/, `uuid=${randomUUID()}`));
  for (const [name, value] of request.options) values.set(name, value);
  return values;
}

async function driveFor(
  { storage, disks: drives, engine }: MachineRestoreUses,
  vmid: number,
  slot: string,
  drive: Drive,
  {
    disks,
    request,
    tell,
  }: { disks: readonly RestoredDisk[]; request: RestoreRequest; tell: (volid: string) => void },
): Promise<Drive | undefined> {
  const disk = disks.find((one) => one.slot === slot);
  if (disk) return { ...drive, file: disk.volume.volid, size: printSize(disk.bytes) };
  if (!isCdrom(drive)) return undefined;
  if (!isCloudInit(drive)) {
    // An archive from elsewhere must not get at the disk of another guest by calling it a CD-ROM.
    const medium = drives.volumeOf(drive);
    return medium && medium.content !== 'iso' ? undefined : drive;
  }
  // A new one: what is on it is written at the guest's start.
  const source = drives.volumeOf(drive);
  const place = request.storage ?? source?.storage.id ?? 'local-lvm';
  const volume = storage.images.cloudInitVolume(storage.requireImages(place), vmid, source?.format ?? 'raw');
  if (!(await storage.exists(volume))) {
    tell(volume.volid);
    await mkdir(dirname(volume.path), { recursive: true });
    await engine.createDisk(volume.path, volume.format as DiskFormat, CLOUD_INIT_BYTES);
  }
  return { ...drive, file: volume.volid, size: '4M' };
}

/** The guest's own disks, which a restore over it replaces; its cloud-init drive stays. */
function volumesOf({ disks }: MachineRestoreUses, values: OptionValues, vmid: number): Volume[] {
  return drivesOf(values).flatMap(({ drive }) => {
    const volume = isCdrom(drive) ? undefined : disks.volumeOf(drive);
    return volume && volume.content === 'images' && volume.vmid === vmid ? [volume] : [];
  });
}
