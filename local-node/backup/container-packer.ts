/** Backups of containers: tar of the root file system, with the configuration beside it. */
import { join } from 'node:path';
import type { ContainerEngine } from '../engine/container-engine';
import { emptyConfig, formatGuestConfig } from '../formats/guest-config';
import type { OptionValues } from '../formats/option-values';
import type { ContainerService } from '../guests/containers/container-service';
import { hostnameOf } from '../guests/containers/container-spec';
import type { GuestStore } from '../guests/guest-store';
import type { BackupMode } from './backup-request';
import { compressor } from './compression';
import type { GuestPacker, Packing } from './guest-packer';
import { bytesText, outageText, tarText } from './words';

/** What a system makes anew, as Proxmox VE leaves it out. */
const STANDARD_EXCLUDES = ['./tmp/?*', './var/tmp/?*', './var/run/?*.pid'];

export class ContainerPacker implements GuestPacker {
  readonly kind = 'lxc';
  readonly noun = 'CT';
  readonly store: GuestStore;
  private readonly engine: ContainerEngine;

  constructor(private readonly containers: ContainerService) {
    this.store = containers.store;
    this.engine = containers.engine;
  }

  isRunning(vmid: number): boolean {
    return this.engine.isRunning(vmid);
  }

  nameOf(vmid: number, values: OptionValues): string {
    return hostnameOf(vmid, values);
  }

  describe(_values: OptionValues, log: (line: string) => void): void {
    log("including mount point rootfs ('/') in backup");
  }

  /** Root file systems are directories, of which there are no snapshots. */
  possible(mode: BackupMode) {
    if (mode !== 'snapshot') return { mode };
    return { mode: 'suspend' as const, instead: 'some volumes do not support snapshots' };
  }

  async pack(packing: Packing): Promise<void> {
    const { vmid, values, request, path, working, signal, log } = packing;
    await packing.requireRoom(0);
    const root = this.containers.rootPath(vmid);
    const source = packing.running && packing.mode === 'suspend' ? await this.copied(root, packing) : root;
    log(`creating vzdump archive '${packing.finalPath}'`);
    const began = performance.now();
    const bytes = await this.engine.archive(source, {
      ...{ path, working, signal },
      config: formatGuestConfig(emptyConfig(values)),
      compressor: compressor(request.compression, request.threads),
      excluded: [
        ...(request.standardExcludes ? STANDARD_EXCLUDES : []),
        ...request.excludedPaths.map((pattern) => (pattern.startsWith('/') ? `.${pattern}` : pattern)),
      ],
    });
    log(`Total bytes written: ${tarText(bytes, (performance.now() - began) / 1000)}`);
  }

  /** A copy of a running container's files: first while it goes on, then what has changed, while it stands still. */
  private async copied(root: string, { vmid, working, signal, log }: Packing): Promise<string> {
    const copy = join(working, 'root');
    const sync = async (which: string) => {
      const began = performance.now();
      log(`starting ${which} sync ${root}/ to ${working}`);
      const bytes = await this.engine.sync(root, copy, signal);
      const seconds = Math.round((performance.now() - began) / 1000);
      log(`${which} sync finished - transferred ${bytesText(bytes)} in ${seconds}s`);
    };
    await sync('first');
    log('suspending guest');
    const stood = performance.now();
    await this.engine.freeze(vmid);
    try {
      await sync('final');
    } finally {
      log('resuming guest');
      await this.engine.thaw(vmid);
    }
    log(`guest is online again after ${outageText((performance.now() - stood) / 1000)}`);
    return copy;
  }

  async shutdown(vmid: number, _values: OptionValues, seconds: number): Promise<void> {
    // By the engine, so that it stays marked as running: a node that is killed now starts it again.
    if (!(await this.engine.shutdown(vmid, seconds))) await this.engine.stop(vmid);
  }

  start(vmid: number): Promise<void> {
    return this.containers.power.start(vmid, true);
  }

  async release(vmid: number): Promise<void> {
    if (this.engine.isRunning(vmid)) await this.engine.thaw(vmid);
  }

  restartWords(seconds?: number): string {
    return seconds === undefined ? 'restarting vm' : `guest is online again after ${outageText(seconds)}`;
  }
}
