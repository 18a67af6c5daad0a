/**
 * Backups of guests, the task vzdump. An archive has its name only when it is whole and on disk; a node that is killed
 * meanwhile leaves a file and a directory of other names, which its next start removes, and the guest's lock, which it
 * takes off.
 */
import { mkdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Logger } from 'pino';
import type { AccessService } from '../access/access-service';
import { ApiError } from '../base/api-error';
import type { Caller } from '../base/caller';
import type { Clock } from '../base/clock';
import type { ContainerEngine } from '../engine/container-engine';
import type { GuestEngine } from '../engine/guest-engine';
import { backupStem, backupSuffix, localTime } from '../formats/backup-name';
import type { OptionValues } from '../formats/option-values';
import { printProperties } from '../formats/property-string';
import { keepsAll } from '../formats/retention';
import type { StorageDefinition } from '../formats/storage-config';
import { messageOf } from '../guests/guest-disks';
import type { GuestService } from '../guests/guest-service';
import { UNFINISHED, WORKING } from '../storage/backup-files';
import type { StorageService } from '../storage/storage-service';
import type { TaskContext, TaskService, TaskWorker } from '../tasks/task-service';
import { BackupLock } from './backup-lock';
import { type BackupRequest, commandLine, notesFrom } from './backup-request';
import { ContainerPacker } from './container-packer';
import type { GuestPacker } from './guest-packer';
import { MachinePacker } from './machine-packer';
import { archiveText, durationText } from './words';

export interface BackupServiceOptions {
  readonly stateDir: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly engine: GuestEngine;
  readonly containerEngine: ContainerEngine;
  readonly tasks: TaskService;
  readonly access: AccessService;
  readonly storage: StorageService;
  readonly guests: GuestService;
}

type Log = (line: string) => void;

export class BackupService {
  private readonly lock = new BackupLock();
  private readonly packers: readonly GuestPacker[];

  constructor(private readonly options: BackupServiceOptions) {
    const { engine, guests } = options;
    const { store, disks, power } = guests;
    this.packers = [
      new MachinePacker({ engine, store, disks, power }),
      new ContainerPacker(guests.containers),
    ];
  }

  /** Lets guests go on whose backups were cut off. */
  async start(): Promise<void> {
    const { guests, logger } = this.options;
    for (const vmid of guests.backupFlags.interrupted) {
      const packer = this.packers.find(({ store }) => store.has(vmid));
      await packer
        ?.release(vmid)
        .catch((err: unknown) => logger.error({ vmid, err }, 'a guest may stand still'));
    }
  }

  /** Starts the task. */
  run(request: BackupRequest, caller: Caller): string {
    const only = request.guests !== 'all' && request.guests.length === 1 ? String(request.guests[0]) : '';
    return this.options.tasks.run('vzdump', only, caller, this.worker(request, caller));
  }

  private worker(request: BackupRequest, caller: Caller): TaskWorker {
    return async (task) => {
      const log = (line: string) => task.log(`INFO: ${line}`);
      const storage = this.storageOf(request.storage);
      const limits = { minutes: request.lockMinutes, signal: task.signal, log };
      await this.lock.held(() => this.all(request, caller, storage, task), limits);
    };
  }

  private async all(
    request: BackupRequest,
    caller: Caller,
    storage: StorageDefinition,
    task: TaskContext,
  ): Promise<void> {
    const log = (line: string) => task.log(`INFO: ${line}`);
    const vmids = this.chosen(request, caller);
    log(`starting new backup job: ${commandLine(vmids, request.given, this.options.nodeName)}`);
    let failed = false;
    for (const vmid of vmids) {
      const began = performance.now();
      try {
        await this.one(vmid, request, caller, storage, task);
        log(`Finished Backup of VM ${vmid} (${durationText((performance.now() - began) / 1000)})`);
        log(`Backup finished at ${localTime(this.options.clock.now())}`);
      } catch (fault) {
        if (task.signal.aborted) throw fault;
        failed = true;
        task.log(`ERROR: Backup of VM ${vmid} failed - ${messageOf(fault)}`);
        log(`Failed at ${localTime(this.options.clock.now())}`);
      }
    }
    log(`Backup job finished ${failed ? 'with errors' : 'successfully'}`);
    if (failed) throw new Error('job errors');
  }

  /** Those that were asked for; of all guests those that the caller may back up. */
  private chosen({ guests, exclude }: BackupRequest, caller: Caller): readonly number[] {
    if (guests !== 'all') return guests;
    const all = this.packers.flatMap(({ store }) => store.vmids()).sort((a, b) => a - b);
    const { access } = this.options;
    return all.filter((vmid) => !exclude.includes(vmid) && access.has(caller, `/vms/${vmid}`, ['VM.Backup']));
  }

  private async one(
    vmid: number,
    request: BackupRequest,
    caller: Caller,
    storage: StorageDefinition,
    task: TaskContext,
  ): Promise<void> {
    const log = (line: string) => task.log(`INFO: ${line}`);
    const packer = this.packers.find(({ store }) => store.has(vmid));
    if (!packer) throw new Error(`unable to find VM '${vmid}'`);
    this.options.access.check(caller, `/vms/${vmid}`, ['VM.Backup']);
    log(`Starting Backup of VM ${vmid} (${packer.kind})`);
    const began = this.options.clock.now();
    log(`Backup started at ${localTime(began)}`);
    const running = packer.isRunning(vmid);
    log(`status = ${running ? 'running' : 'stopped'}`);
    const { backupFlags } = this.options.guests;
    const values = await backupFlags.set(packer.store, packer.noun, vmid);
    try {
      await this.packed(packer, { vmid, values, running, request, storage, began }, task, log);
    } finally {
      // One that cannot be taken off now is taken off at the node's next start.
      await backupFlags
        .unset(packer.store, vmid)
        .catch((err: unknown) => this.options.logger.error({ vmid, err }, 'a guest stays locked'));
    }
  }

  private async packed(
    packer: GuestPacker,
    given: {
      readonly vmid: number;
      readonly values: OptionValues;
      readonly running: boolean;
      readonly request: BackupRequest;
      readonly storage: StorageDefinition;
      readonly began: number;
    },
    { signal }: TaskContext,
    log: Log,
  ): Promise<void> {
    const { vmid, values, running, request, storage, began } = given;
    const mode = this.modeOf(packer, given, log);
    log(`backup mode: ${mode}`);
    log('ionice priority: 7');
    packer.describe(values, this.named(packer, vmid, values, log));
    const stem = backupStem(packer.kind, vmid, began);
    const name = `${stem}${backupSuffix(packer.kind, request.compression)}`;
    const volume = this.options.storage.volume(`${storage.id}:backup/${name}`);
    if (await this.options.storage.exists(volume)) throw new Error(`file '${volume.path}' already exists`);
    await this.options.storage.makePlace(storage);
    const directory = this.options.storage.backups.directory(storage);
    const working = join(directory, `${stem}${WORKING}`);
    const path = join(directory, `${basename(volume.path)}${UNFINISHED}`);
    const remove = (one: string) => this.options.containerEngine.remove(one);
    let stopped = false;
    const restart = async () => {
      if (!stopped) return;
      stopped = false;
      log(packer.restartWords());
      await packer.start(vmid);
      log(packer.restartWords((performance.now() - since) / 1000));
    };
    const requireRoom = (bytes: number) =>
      this.options.storage.requireSpace(storage, bytes, `backup '${name}'`);
    const since = performance.now();
    try {
      await mkdir(working, { mode: 0o700 });
      if (running && mode === 'stop') {
        log('stopping virtual guest');
        stopped = true;
        await packer.shutdown(vmid, values, request.stopMinutes * 60);
      }
      const more = { mode, path, finalPath: volume.path, working, signal, requireRoom, log, restart };
      await packer.pack({ ...{ vmid, values, running, request, began }, ...more });
      signal.throwIfAborted();
      await rename(path, volume.path);
      log(`archive file size: ${archiveText((await stat(volume.path)).size)}`);
      await this.finish(packer, { ...given, path: volume.volid }, log);
    } finally {
      await restart().finally(async () => {
        await remove(path);
        await remove(working);
      });
    }
  }

  /** The guest's name, once more before what is said of its disks. */
  private named(packer: GuestPacker, vmid: number, values: OptionValues, log: Log): Log {
    log(`${packer.noun} Name: ${packer.nameOf(vmid, values)}`);
    return log;
  }

  private modeOf(
    packer: GuestPacker,
    {
      vmid,
      values,
      running,
      request,
    }: { vmid: number; values: OptionValues; running: boolean; request: BackupRequest },
    log: Log,
  ): BackupRequest['mode'] {
    if (!running) return 'stop';
    const { mode, instead } = packer.possible(request.mode);
    if (instead === undefined) return mode;
    packer.describe(values, this.named(packer, vmid, values, log));
    log(`mode failure - ${instead}`);
    log(`trying '${mode}' mode instead`);
    return mode;
  }

  /** What comes to a backup that is whole: notes and protection; and what it replaces goes. */
  private async finish(
    packer: GuestPacker,
    given: {
      vmid: number;
      values: OptionValues;
      request: BackupRequest;
      storage: StorageDefinition;
      path: string;
    },
    log: Log,
  ): Promise<void> {
    const { vmid, values, request, storage } = given;
    const { backups } = this.options.storage;
    const volume = this.options.storage.volume(given.path);
    if (request.notesTemplate !== undefined) {
      log('adding notes to backup');
      const variables = {
        ...{ cluster: 'standalone node', guestname: packer.nameOf(vmid, values) },
        ...{ node: this.options.nodeName, vmid: String(vmid) },
      };
      await backups.setNotes(volume, notesFrom(request.notesTemplate, variables));
    }
    if (request.protected) {
      log('marking backup as protected');
      await backups.setProtected(volume, true);
    }
    const retention = request.retention ?? {};
    if (!request.remove || keepsAll(retention)) return;
    log(`prune older backups with retention: ${printProperties(retention).join(', ')}`);
    const count = await backups.prune(storage, retention, { vmid, type: packer.kind }, log);
    if (count > 0) log(`pruned ${count} backup(s) not covered by keep-retention policy`);
  }

  private storageOf(id: string): StorageDefinition {
    const fault = `could not get storage information for '${id}': `;
    try {
      const storage = this.options.storage.get(id);
      if (!storage.content.includes('backup'))
        throw new Error(`${fault}can't use storage '${id}' for backups - wrong content type`);
      return storage;
    } catch (cause) {
      if (!(cause instanceof ApiError)) throw cause;
      throw new Error(`could not activate storage '${id}': ${cause.message} ${fault}${cause.message}`, {
        cause,
      });
    }
  }
}
