/** What a guest spends, as Proxmox VE reports it. */
import type { Clock } from '../base/clock';
import type { GuestEngine } from '../engine/guest-engine';
import { propertyFormat } from '../formats/call-parameters';
import { parseSize } from '../formats/drive';
import { effectiveValues, type GuestConfig } from '../formats/guest-config';
import { drivesOf, nicsOf, type OptionValues, textOf } from '../formats/option-values';
import { parsePropertyString } from '../formats/property-string';
import { CpuRates } from './cpu-rates';
import { cpusOf, hasAgent, memoryMiBOf } from './guest-spec';
import type { GuestStore } from './guest-store';

export type GuestRow = Readonly<Record<string, unknown>>;

/** The row of a guest whose file cannot be read: what it is and does is not known. `fault` says why. */
function brokenRow(vmid: number, fault: string): GuestRow {
  const none = { cpus: 0, cpu: 0, maxmem: 0, mem: 0, memhost: 0, maxdisk: 0, disk: 0, uptime: 0 };
  const still = { netin: 0, netout: 0, diskread: 0, diskwrite: 0 };
  return { vmid, name: `VM ${vmid}`, status: 'unknown', qmpstatus: 'unknown', ...none, ...still, fault };
}

interface Facts {
  /** What of the row does not change by itself. */
  readonly row: GuestRow;
  readonly agent: GuestRow;
  /** The engine counts over all interfaces, so that the share of one is known only where there is one. */
  readonly onlyNic: string | undefined;
  readonly cpus: number;
  /** Bytes. */
  readonly maxmem: number;
}

interface GuestFiguresUses {
  readonly store: GuestStore;
  readonly clock: Clock;
  readonly engine: GuestEngine;
}

export class GuestFigures {
  private readonly rates: CpuRates;
  private readonly known = new WeakMap<GuestConfig, { running?: Facts; stopped?: Facts }>();

  constructor(private readonly uses: GuestFiguresUses) {
    this.rates = new CpuRates(uses.clock);
  }

  /** Figures of one guest, as status/current shows them. */
  async status(vmid: number): Promise<GuestRow> {
    const read = this.uses.store.read(vmid);
    if (read?.fault !== undefined) return brokenRow(vmid, read.fault);
    const config = this.uses.store.get(vmid);
    return { ...(await this.row(vmid, config, true)), ...displayOf(textOf(config.values, 'vga')) };
  }

  /** Figures of all guests, by vmid. `full` as in GET qemu?full=1. */
  async list(full: boolean): Promise<GuestRow[]> {
    const rows = [...this.uses.store.all()].map(([vmid, { fault, config }]) =>
      config ? this.row(vmid, config, full) : brokenRow(vmid, fault),
    );
    return Promise.all(rows);
  }

  /**
   * The row of GET qemu. `full` adds what status/current shows besides. Bytes and seconds; cpu is a share of the
   * guest's CPUs, 0 until two samples of the same process are far enough apart. `disk` is always 0, as in Proxmox VE.
   */
  private async row(vmid: number, config: GuestConfig, full: boolean): Promise<GuestRow> {
    const status = await this.uses.engine.status(vmid);
    const { row, agent, onlyNic, cpus: count, maxmem } = this.facts(vmid, config, status !== undefined);
    const nics = status && onlyNic && { [onlyNic]: { netin: status.netInBytes, netout: status.netOutBytes } };
    return {
      ...row,
      status: status ? 'running' : 'stopped',
      cpu: status ? this.rates.rate(status, count) : this.rates.forget(vmid),
      mem: Math.min(status?.memoryBytes ?? 0, maxmem),
      memhost: status?.memoryBytes ?? 0,
      netin: status?.netInBytes ?? 0,
      netout: status?.netOutBytes ?? 0,
      diskread: status?.diskReadBytes ?? 0,
      diskwrite: status?.diskWriteBytes ?? 0,
      uptime: status ? Math.floor(status.uptime) : 0,
      ...(status ? { pid: status.pid } : {}),
      ...(full ? { qmpstatus: status?.qmpStatus ?? 'stopped', ...agent, ...(nics ? { nics } : {}) } : {}),
    };
  }

  /** What the configuration says of a guest, worked out once for each. */
  private facts(vmid: number, config: GuestConfig, running: boolean): Facts {
    const known = this.known.get(config) ?? {};
    this.known.set(config, known);
    // A running guest has what it was started with; pending values come with the next start.
    const of = running ? 'running' : 'stopped';
    known[of] ??= factsOf(vmid, config, running ? config.values : effectiveValues(config));
    return known[of];
  }
}

/** `values` as they are in force; lock and tags are never pending. */
function factsOf(vmid: number, config: GuestConfig, values: OptionValues): Facts {
  const lock = textOf(config.values, 'lock');
  const tags = textOf(config.values, 'tags');
  const maxmem = memoryMiBOf(values) * 1024 * 1024;
  const count = cpusOf(values);
  const [only, ...others] = nicsOf(values);
  return {
    row: {
      ...{ vmid, name: textOf(config.values, 'name') ?? `VM ${vmid}` },
      ...{ cpus: count, maxmem, maxdisk: bootDiskBytes(values), disk: 0 },
      ...(values.has('serial0') ? { serial: 1 } : {}),
      ...(lock ? { lock } : {}),
      ...(tags ? { tags } : {}),
      ...(values.get('template') === '1' ? { template: 1 } : {}),
    },
    agent: hasAgent(values) ? { agent: 1 } : {},
    onlyNic: only && others.length === 0 ? `tap${vmid}i${only.index}` : undefined,
    cpus: count,
    maxmem,
  };
}

/** As Proxmox VE tells it of a guest whose display is chosen: a clipboard that is not is null, and so is known. */
function displayOf(vga: string | undefined): GuestRow {
  if (vga === undefined) return {};
  const { type, clipboard } = parsePropertyString(propertyFormat('vga'), vga);
  return {
    ...(/^(virtio|qxl)/.test(String(type)) ? { spice: 1 } : {}),
    clipboard: clipboard ?? null,
  };
}

/** Size of the first disk in the boot order, else of the first disk. */
function bootDiskBytes(values: OptionValues): number {
  const disks = drivesOf(values).filter(({ drive }) => drive.media !== 'cdrom');
  const order = /order=([^,]*)/.exec(textOf(values, 'boot') ?? '')?.[1]?.split(';') ?? [];
  const first = order.flatMap((slot) => disks.filter((disk) => disk.slot === slot))[0] ?? disks[0];
  const size = first?.drive.size;
  return size === undefined ? 0 : parseSize(String(size));
}
