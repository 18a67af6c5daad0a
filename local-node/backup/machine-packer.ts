/** Backups of virtual machines: their disks as they are at one moment, in a VMA archive. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuestEngine } from '../engine/guest-engine';
import { isCdrom, isUnusedDisk } from '../formats/drive';
import { emptyConfig, formatGuestConfig } from '../formats/guest-config';
import { drivesOf, type OptionValues, textOf } from '../formats/option-values';
import type { GuestDisks } from '../guests/guest-disks';
import type { GuestPower } from '../guests/guest-power';
import { hasAgent } from '../guests/guest-spec';
import type { GuestStore } from '../guests/guest-store';
import { absent, type Volume } from '../storage/storage-catalogue';
import type { BackupMode } from './backup-request';
import { compressor } from './compression';
import type { GuestPacker, Packing } from './guest-packer';
import { type RawDisk, type VmaProgress, writeVma } from './vma-writer';
import { bytesText, rateText } from './words';

/** Seconds between two lines that tell how far it is, as on Proxmox VE. */
const PROGRESS_SECONDS = 3;

interface MachinePackerUses {
  readonly engine: GuestEngine;
  readonly store: GuestStore;
  readonly disks: GuestDisks;
  readonly power: GuestPower;
}

/** A disk that goes into the archive. */
interface Included {
  readonly slot: string;
  readonly volume: Volume;
}

/** What the engine says of a running copy, in the words of a backup. */
const AGENT_WORDS: Readonly<Record<string, string>> = {
  'freeze filesystem': "issuing guest-agent 'fs-freeze' command",
  'unfreeze filesystem': "issuing guest-agent 'fs-thaw' command",
};

export class MachinePacker implements GuestPacker {
  readonly kind = 'qemu';
  readonly noun = 'VM';
  readonly store: GuestStore;

  constructor(private readonly uses: MachinePackerUses) {
    this.store = uses.store;
  }

  isRunning(vmid: number): boolean {
    return this.uses.engine.isRunning(vmid);
  }

  nameOf(vmid: number, values: OptionValues): string {
    return textOf(values, 'name') ?? `VM ${vmid}`;
  }

  describe(values: OptionValues, log: (line: string) => void): void {
    for (const { slot, drive } of drivesOf(values)) {
      if (isCdrom(drive)) continue;
      if (drive.backup === false) log(`exclude disk '${slot}' '${drive.file}' (backup=no)`);
      else log(`include disk '${slot}' '${drive.file}' ${drive.size ?? ''}`.trimEnd());
    }
  }

  possible(mode: BackupMode) {
    return { mode };
  }

  async pack(packing: Packing): Promise<void> {
    const { values, path, request, signal, log } = packing;
    const included = this.included(values);
    log(`creating vzdump archive '${packing.finalPath}'`);
    if (included.length === 0) log('backup contains no disks');
    const disks = await this.copied(included, packing);
    await packing.restart(); // its disks are copied: it need not wait for the archive
    if (disks.length === 0) log('starting diskless backup');
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    let told = 0;
    const last = await writeVma(
      path,
      { ctime: Math.floor(packing.began / 1000), config: configText(values, included), disks },
      {
        ...{ compressor: compressor(request.compression, request.threads), signal },
        progress: async (progress) => {
          if (seconds() - told < PROGRESS_SECONDS) return;
          told = seconds();
          log(progressText(progress, told));
          await packing.requireRoom(0);
        },
      },
    );
    if (last.total === 0) return;
    log(progressText(last, seconds()));
    const share = Math.floor((100 * last.zero) / last.total);
    if (last.zero > 0) log(`backup is sparse: ${bytesText(last.zero)} (${share}%) total zero data`);
    const whole = Math.round(seconds());
    log(`transferred ${bytesText(last.total)} in ${whole} seconds (${rateText(last.total, seconds())})`);
  }

  /** The disks as raw images, all as they were at one moment. */
  private async copied(included: readonly Included[], packing: Packing): Promise<RawDisk[]> {
    const { vmid, values, mode, working, signal, log } = packing;
    const { engine } = this.uses;
    const disks: RawDisk[] = [];
    let used = 0;
    for (const [index, { slot, volume }] of included.entries()) {
      const info = await engine.diskInfo(volume.path);
      const base = info.backingFile === undefined ? undefined : await stat(info.backingFile).catch(absent);
      used += info.usedBytes + (base ? base.blocks * 512 : 0);
      const place = { id: index + 1, name: `drive-${slot}`, path: join(working, `drive-${slot}.raw`) };
      disks.push({ ...place, bytes: info.virtualBytes });
    }
    await packing.requireRoom(used);
    if (disks.length === 0) return disks;
    const began = performance.now();
    if (engine.isRunning(vmid)) {
      const copies = included.map(({ slot }, index) => {
        return { slot, path: disks[index]?.path ?? '', format: 'raw' as const };
      });
      let told = began;
      await engine.copyRunning(vmid, copies, {
        ...{ freeze: mode === 'snapshot' && hasAgent(values), pause: mode === 'suspend', signal },
        log: (line) => log(AGENT_WORDS[line] ?? line),
        progress: (done, total) => {
          if (performance.now() - told < PROGRESS_SECONDS * 1000 || total === 0) return;
          told = performance.now();
          log(`copied ${bytesText(done)} of ${bytesText(total)} from the running guest`);
        },
      });
    } else {
      for (const [index, { volume }] of included.entries()) {
        signal.throwIfAborted();
        await engine.cloneDisk(volume.path, disks[index]?.path ?? '', 'raw', 'full');
      }
    }
    log(`copied the disks in ${Math.round((performance.now() - began) / 1000)}s`);
    signal.throwIfAborted();
    return disks;
  }

  async shutdown(vmid: number, values: OptionValues, seconds: number): Promise<void> {
    // By the engine, so that it stays marked as running: a node that is killed now starts it again.
    const { engine } = this.uses;
    if (!(await engine.shutdown(vmid, seconds, hasAgent(values)))) await engine.stop(vmid);
  }

  start(vmid: number): Promise<void> {
    return this.uses.power.start(vmid, () => undefined, true);
  }

  async release(vmid: number): Promise<void> {
    if (this.uses.engine.isRunning(vmid)) await this.uses.engine.endCopies(vmid);
  }

  restartWords(seconds?: number): string {
    return seconds === undefined ? 'restarting vm' : `resuming VM again after ${Math.round(seconds)} seconds`;
  }

  private included(values: OptionValues): Included[] {
    return drivesOf(values).flatMap(({ slot, drive }) => {
      if (isCdrom(drive) || drive.backup === false) return [];
      const volume = this.uses.disks.volumeOf(drive);
      return volume ? [{ slot, volume }] : [];
    });
  }
}

/** Its last lines tell a restore which disk of the archive is whose. */
function configText(values: OptionValues, included: readonly Included[]): string {
  const kept = new Map([...values].filter(([name]) => !isUnusedDisk(name)));
  const map = included.map(
    ({ slot, volume }) => `#qmdump#map:${slot}:drive-${slot}:${volume.storage.id}:${volume.format}:\n`,
  );
  return `${formatGuestConfig(emptyConfig(kept))}${map.join('')}`;
}

function progressText({ read, zero, total }: VmaProgress, seconds: number): string {
  const share = String(Math.floor((100 * read) / total)).padStart(3);
  const rates = `read: ${rateText(read, seconds)}, write: ${rateText(read - zero, seconds)}`;
  return `${share}% (${bytesText(read, 1)} of ${bytesText(total, 1)}) in ${Math.round(seconds)}s, ${rates}`;
}
