/** What a container spends, as Proxmox VE reports it. */
import { type ContainerEngine, type ContainerInterface, notLimited } from '../../engine/container-engine';
import { effectiveValues, type GuestConfig } from '../../formats/guest-config';
import { textOf } from '../../formats/option-values';
import type { CpuRates } from '../cpu-rates';
import type { GuestRow } from '../guest-figures';
import type { GuestStore } from '../guest-store';
import { containerCpus, hostnameOf, memoryOf, rootOf } from './container-spec';

const MIB = 1024 ** 2;

interface ContainerFiguresUses {
  readonly store: GuestStore;
  readonly engine: ContainerEngine;
  readonly rates: CpuRates;
}

export class ContainerFigures {
  constructor(private readonly uses: ContainerFiguresUses) {}

  /** Figures of one container, as status/current shows them. Throws 500 if there is none. */
  async status(vmid: number): Promise<GuestRow> {
    const read = this.uses.store.read(vmid);
    if (read?.fault !== undefined) return brokenRow(vmid, read.fault);
    return this.row(vmid, this.uses.store.get(vmid));
  }

  /** Figures of all containers, by vmid. */
  async list(): Promise<GuestRow[]> {
    return Promise.all(
      [...this.uses.store.all()].map(([vmid, { fault, config }]) =>
        config ? this.row(vmid, config) : brokenRow(vmid, fault),
      ),
    );
  }

  /** The rows of GET interfaces; undefined where the container does not run. */
  async interfaces(vmid: number): Promise<object[] | undefined> {
    this.uses.store.get(vmid);
    if (!this.uses.engine.isRunning(vmid)) return undefined;
    return (await this.uses.engine.interfaces(vmid)).map(presentInterface);
  }

  private async row(vmid: number, config: GuestConfig): Promise<GuestRow> {
    const status = await this.uses.engine.status(vmid);
    const values = status ? config.values : effectiveValues(config);
    const { memoryMiB, swapMiB } = memoryOf(values);
    const cpus = containerCpus(values);
    const tags = textOf(config.values, 'tags');
    const lock = textOf(config.values, 'lock');
    return {
      ...{ vmid, type: 'lxc', name: hostnameOf(vmid, config.values) },
      status: status ? 'running' : 'stopped',
      cpus,
      cpu: status ? this.uses.rates.rate(status, cpus) : this.uses.rates.forget(vmid),
      ...{ maxmem: memoryMiB * MIB, maxswap: swapMiB * MIB, maxdisk: rootOf(values)?.size ?? 0 },
      mem: status?.memoryBytes ?? 0,
      swap: status?.swapBytes ?? 0,
      disk: status?.diskBytes ?? 0,
      netin: status?.netInBytes ?? 0,
      netout: status?.netOutBytes ?? 0,
      diskread: status?.diskReadBytes ?? 0,
      diskwrite: status?.diskWriteBytes ?? 0,
      uptime: status?.uptime ?? 0,
      ...(status ? { pid: status.pid } : {}),
      ...this.limits(),
      ...(tags ? { tags } : {}),
      ...(lock ? { lock } : {}),
      ...(values.get('template') === '1' ? { template: 1 } : {}),
    };
  }

  /** Beside what Proxmox VE shows: which limits the machine cannot keep. */
  private limits(): { readonly 'not-limited'?: string } {
    const { engine } = this.uses;
    const not = engine.fault === undefined ? notLimited(engine.keptLimits) : [];
    return not.length > 0 ? { 'not-limited': not.join(',') } : {};
  }
}

function presentInterface({ name, mac, addresses }: ContainerInterface): object {
  const first = (family: string) => {
    const found = addresses.find((one) => one.family === family);
    return found && `${found.address}/${found.prefix}`;
  };
  return {
    name,
    hwaddr: mac,
    'hardware-address': mac,
    inet: first('inet'),
    inet6: first('inet6'),
    'ip-addresses': addresses.map(({ family, address, prefix }) => ({
      'ip-address': address,
      'ip-address-type': family,
      prefix: String(prefix),
    })),
  };
}

/** The row of a container whose file cannot be read: what it is and does is not known. `fault` says why. */
function brokenRow(vmid: number, fault: string): GuestRow {
  const none = { cpus: 0, cpu: 0, maxmem: 0, mem: 0, maxswap: 0, swap: 0, maxdisk: 0, disk: 0, uptime: 0 };
  const still = { netin: 0, netout: 0, diskread: 0, diskwrite: 0 };
  return { vmid, type: 'lxc', name: `CT${vmid}`, status: 'unknown', ...none, ...still, fault };
}
