/**
 * Making, copying and removing containers. As with virtual machines (guest-creation.ts) each method checks at once what
 * can be known at once and takes the vmid; the worker that it returns is the body of a task. Until the worker is done,
 * the new configuration holds nothing but its lock; one that is still so at the node's start was cut off and goes.
 */
import type { Logger } from 'pino';
import { ApiError } from '../../base/api-error';
import type { ContainerEngine } from '../../engine/container-engine';
import { parseContainerNic, printContainerNic } from '../../formats/container-nic';
import { printSize } from '../../formats/drive';
import { emptyConfig, type GuestConfig } from '../../formats/guest-config';
import { randomMac } from '../../formats/nic';
import { type OptionValues, textOf } from '../../formats/option-values';
import type { Volume } from '../../storage/storage-catalogue';
import type { StorageService } from '../../storage/storage-service';
import type { TaskContext, TaskWorker } from '../../tasks/task-service';
import type { FirstLooks } from '../first-looks';
import { messageOf } from '../guest-disks';
import type { GuestLocks } from '../guest-lock';
import { type GuestStore, refuseLocked } from '../guest-store';
import { checkOptionValues } from '../option-checks';
import { hashPassword } from '../password-hash';
import type { PoolStore } from '../pools';
import type { RunMarkers } from '../run-markers';
import { type ContainerChanges, prepared } from './container-changes';
import { authorizedKeys, networkFiles } from './container-files';
import type { ContainerPower } from './container-power';
import { hostnameOf, rootOf } from './container-spec';
import type { ContainerVolumes } from './container-volumes';

export interface ContainerRequest {
  /** A volume, or what is no volume and fails the task. */
  readonly ostemplate: string;
  /** For a root file system that names none. */
  readonly storage: string;
  readonly pool?: string | undefined;
  readonly start: boolean;
  readonly password?: string | undefined;
  readonly sshKeys?: string | undefined;
}

interface ContainerCreationUses {
  readonly logger: Logger;
  readonly engine: ContainerEngine;
  readonly storage: StorageService;
  readonly store: GuestStore;
  readonly machines: GuestStore;
  readonly looks: FirstLooks;
  readonly locks: GuestLocks;
  readonly pools: PoolStore;
  readonly markers: RunMarkers;
  readonly volumes: ContainerVolumes;
  readonly changes: ContainerChanges;
  readonly power: ContainerPower;
  readonly nameserver: () => string | undefined;
}

/** From this version on systemd makes namespaces of its own for its services, which a container may not without nesting. */
const SYSTEMD_NESTS = 256;

export class ContainerCreation {
  constructor(private readonly uses: ContainerCreationUses) {}

  /** Throws ApiError if a guest has the vmid. */
  requireVacant(vmid: number): void {
    const { store, machines } = this.uses;
    if (store.has(vmid)) throw store.taken(vmid);
    if (machines.has(vmid)) throw new ApiError(500, messageOf(machines.taken(vmid)).replace(/^.* - /, ''));
  }

  /** Throws ApiError if the vmid is taken or an option cannot be fulfilled. */
  create(vmid: number, options: OptionValues, request: ContainerRequest): TaskWorker {
    const { store, pools, volumes, storage } = this.uses;
    this.requireVacant(vmid);
    if (options.get('unprivileged') === '0')
      throw new ApiError(501, 'the local node makes unprivileged containers only');
    if (request.pool !== undefined) pools.requireForNewMember(request.pool);
    if (request.sshKeys !== undefined)
      checkOptionValues(new Map([['sshkeys', encodeURIComponent(request.sshKeys)]]), storage);
    const wanted = volumes.wanted(rootOf(options)?.volume, request.storage);
    if (/^[\w.-]+:/.test(request.ostemplate)) {
      const { content } = storage.volume(request.ostemplate);
      if (content !== 'vztmpl') {
        const needs = "content type needs to be 'vztmpl'";
        throw new ApiError(500, `unable to use volume ${request.ostemplate} - ${needs}`);
      }
    }
    if (!store.reserve(vmid, 'create')) throw store.taken(vmid);
    this.uses.looks.add(vmid);
    return async (task) => {
      await this.uses.locks.exclusive(vmid, async () => {
        const made: Volume[] = [];
        try {
          if (this.uses.engine.fault !== undefined) throw new Error(this.uses.engine.fault);
          const volume = await volumes.next(wanted.storage, vmid);
          made.push(volume);
          const config = await this.fill(vmid, options, request, volume, wanted.bytes, task);
          if (request.pool !== undefined) await pools.addGuest(request.pool, vmid);
          await store.write(vmid, config);
        } catch (fault) {
          await this.takeBack(vmid, made);
          throw new Error(`unable to create CT ${vmid} - ${messageOf(fault)}`, { cause: fault });
        }
      });
      if (request.start) await this.uses.power.start(vmid, false, task.warn);
    };
  }

  /** Throws ApiError if the container runs, unless forced, or is protected. */
  destroy(vmid: number, options: { readonly force: boolean; readonly purge: boolean }): TaskWorker {
    const { store, engine, volumes, pools, markers } = this.uses;
    const check = () => {
      const broken = store.read(vmid)?.fault !== undefined;
      const config = broken ? store.remains(vmid) : store.get(vmid);
      refuseLocked(config, 'CT');
      if (config.values.get('protection') === '1')
        throw new ApiError(500, `can't remove CT ${vmid} - protection mode enabled`);
      if (engine.isRunning(vmid) && !options.force)
        throw new ApiError(500, `unable to destroy CT ${vmid} - container is running`);
    };
    check();
    return ({ log }) =>
      this.uses.locks.exclusive(vmid, async () => {
        check();
        if (engine.isRunning(vmid)) {
          log(`forced to stop CT ${vmid} before destroying!`);
          await engine.stop(vmid);
        }
        await engine.unmount(vmid);
        await volumes.removeAll(vmid);
        if (options.purge) log(`purging CT ${vmid} from related configurations..`);
        await pools.removeGuest(vmid);
        await markers.unmark(vmid);
        store.remove(vmid);
      });
  }

  /** Removes containers whose creation or cloning a crash cut off. */
  async removeHalfMade(): Promise<void> {
    for (const [vmid, { values }] of this.uses.store.readable()) {
      const lock = values.get('lock');
      if ((lock !== 'create' && lock !== 'clone') || values.size > 1) continue;
      this.uses.logger.warn({ vmid, lock }, 'removing a container whose creation was cut off');
      await this.uses.volumes.removeAll(vmid);
      await this.takeBack(vmid, []);
    }
  }

  /** Takes back what was made, where another fault is the one to tell. */
  async takeBack(vmid: number, made: readonly Volume[]): Promise<void> {
    try {
      for (const volume of made) await this.uses.volumes.remove(volume);
      await this.uses.pools.removeGuest(vmid);
      this.uses.store.remove(vmid);
    } catch (err) {
      this.uses.logger.warn({ vmid, err }, 'what was made is not taken back; the next start does');
    }
  }

  /** The new root file system, and the configuration to it. */
  private async fill(
    vmid: number,
    options: OptionValues,
    request: ContainerRequest,
    volume: Volume,
    bytes: number,
    { log, warn }: TaskContext,
  ): Promise<GuestConfig> {
    const { engine } = this.uses;
    const archive = await this.archive(request.ostemplate);
    await this.uses.storage.requireSpace(volume.storage, 0, `root file system '${volume.volid}'`);
    log(`extracting archive '${archive}'`);
    const began = performance.now();
    const { bytes: read, reused } = await engine.extractTemplate(archive, volume.path);
    if (reused) log(`Total bytes read: 0 (its ${read} bytes were extracted for another container)`);
    else log(`Total bytes read: ${read} (${rateOf(read, performance.now() - began)})`);
    const facts = await engine.inspect(volume.path);
    if (facts.architecture) log(`Detected container architecture: ${facts.architecture}`);
    const values = new Map<string, string>([
      ['arch', facts.architecture ?? 'amd64'],
      ['ostype', facts.os === 'debian' ? 'debian' : (facts.os ?? 'unmanaged')],
      ...[['memory', '512'] as const, ['swap', '512'] as const, ['hostname', `CT${vmid}`] as const],
      ...[...options].map(([name, value]) => [name, prepared(name, String(value), undefined)] as const),
      ['unprivileged', '1'],
    ]);
    values.set('rootfs', bytes > 0 ? `${volume.volid},size=${printSize(bytes)}` : `${volume.volid},size=0T`);
    const hostname = hostnameOf(vmid, values);
    const keys = await engine.hostKeys(hostname, log);
    const own = request.sshKeys === undefined ? [] : [authorizedKeys(request.sshKeys)];
    const files = [...networkFiles(vmid, values, this.uses.nameserver()), ...keys, ...own];
    await engine.writeFiles(volume.path, files);
    if (request.password !== undefined)
      await engine.setPassword(volume.path, 'root', hashPassword(request.password));
    const nests = /(^|,)nesting=1/.test(values.get('features') ?? '');
    if ((facts.systemd ?? 0) >= SYSTEMD_NESTS && !nests)
      warn(`Systemd ${facts.systemd} detected. You may need to enable nesting.`);
    return emptyConfig(values);
  }

  /** The file of a template. */
  private async archive(ostemplate: string): Promise<string> {
    if (!/^[\w.-]+:/.test(ostemplate)) throw new Error(`can't find file '${ostemplate}'`);
    const volume = this.uses.storage.volume(ostemplate);
    if (!(await this.uses.storage.exists(volume))) throw new Error(`volume '${ostemplate}' does not exist`);
    return volume.path;
  }
}

/** New addresses for a copy's interfaces; what they carry is copied as it is, as Proxmox VE does. */
export function withNewMacs(values: OptionValues): Map<string, string> {
  const copy = new Map<string, string>();
  for (const name of values.keys()) {
    const text = textOf(values, name) ?? '';
    const nic = /^net\d+$/.test(name) ? parseContainerNic(text, name) : undefined;
    copy.set(name, nic ? printContainerNic({ ...nic, hwaddr: randomMac() }) : text);
  }
  return copy;
}

function rateOf(bytes: number, milliseconds: number): string {
  const mebibytes = bytes / 1024 ** 2;
  return `${mebibytes.toFixed(0)}MiB, ${(mebibytes / Math.max(milliseconds / 1000, 0.001)).toFixed(0)}MiB/s`;
}
