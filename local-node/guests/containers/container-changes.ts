/**
 * Changes of a container's configuration. A container that does not run takes them at once; so does a running one what
 * concerns its limits, its name, its interfaces and the node. All else waits in [PENDING] for its next start.
 */
import { ApiError } from '../../base/api-error';
import type { ContainerEngine } from '../../engine/container-engine';
import { parseContainerNic, printContainerNic } from '../../formats/container-nic';
import { appliesToRunning, isContainerOption } from '../../formats/container-options';
import { printSize } from '../../formats/drive';
import { digestOf, effectiveValues, emptyConfig, type GuestConfig } from '../../formats/guest-config';
import { randomMac } from '../../formats/nic';
import { tidyTags } from '../../formats/option-formats';
import { type OptionValue, type OptionValues, textOf } from '../../formats/option-values';
import type { NetworkService } from '../../network/network-service';
import { type ConfigChange, checkNames, type Reservation } from '../config-change';
import type { GuestLocks } from '../guest-lock';
import { type GuestStore, refuseLocked } from '../guest-store';
import { containerSpec, pluggedContainerNics, type RootOption, rootOf } from './container-spec';

interface ContainerChangesUses {
  readonly engine: ContainerEngine;
  readonly network: NetworkService;
  readonly store: GuestStore;
  readonly locks: GuestLocks;
}

/** Options without which there is no container. */
const REQUIRED = ['rootfs', 'unprivileged', 'arch', 'ostype'];

export class ContainerChanges {
  constructor(private readonly uses: ContainerChangesUses) {}

  /** What can be said against a change before anything is done. Throws ApiError. */
  check(change: ConfigChange): void {
    checkNames(change, isContainerOption);
    for (const name of ['unprivileged']) {
      if (change.set.has(name) || change.delete.includes(name))
        throw new ApiError(500, `unable to modify read-only option: '${name}'`);
    }
    for (const name of REQUIRED.filter((one) => change.delete.includes(one)))
      throw new ApiError(500, `unable to delete required option '${name}'`);
    if (change.set.has('rootfs'))
      throw new ApiError(501, 'the local node changes no root file system of a container that is made');
  }

  async update(vmid: number, change: ConfigChange): Promise<void> {
    this.check(change);
    await this.uses.locks.exclusive(vmid, async () => {
      const config = this.uses.store.get(vmid);
      checkSeen(change, config);
      this.requireBridges(change.set);
      await this.apply(vmid, config, change);
    });
  }

  /** The configuration as GET config shows it: with `current`, without what is pending. Throws ApiError. */
  shown(vmid: number, current: boolean): { values: OptionValues; digest: string } {
    const config = this.uses.store.get(vmid);
    return { values: current ? config.values : effectiveValues(config), digest: digestOf(config) };
  }

  /** Makes pending changes current, for a container that does not run; returns its configuration. */
  async applyPending(vmid: number, config: GuestConfig): Promise<GuestConfig> {
    if (config.pending.size === 0 && config.pendingDelete.size === 0) return config;
    const current = { ...emptyConfig(effectiveValues(config)), snapshots: config.snapshots };
    await this.uses.store.write(vmid, current);
    return current;
  }

  /** Sets or takes away a lock. */
  async lock(vmid: number, name: string | undefined): Promise<void> {
    const config = this.uses.store.get(vmid);
    const values = new Map(config.values);
    if (name === undefined) values.delete('lock');
    else values.set('lock', name);
    await this.uses.store.write(vmid, { ...config, values });
  }

  /** The root file system of a container that may be changed now. Throws ApiError. */
  rootOf(vmid: number, digest?: string): RootOption {
    const config = this.uses.store.get(vmid);
    checkSeen({ digest }, config);
    const root = rootOf(config.values);
    if (!root) throw new ApiError(500, `CT ${vmid} has no root file system`);
    return root;
  }

  /**
   * Gives the root file system another size, bytes. A directory has none of its own: it can hold what the storage's file
   * system can, and the number is kept.
   */
  async resize(vmid: number, bytes: number): Promise<void> {
    await this.uses.locks.exclusive(vmid, async () => {
      const config = this.uses.store.get(vmid);
      const rest = (textOf(config.values, 'rootfs') ?? '').replace(/,size=[^,]*/, '');
      const values = new Map(config.values).set('rootfs', `${rest},size=${printSize(bytes)}`);
      await this.uses.store.write(vmid, { ...config, values });
    });
  }

  /** Throws 500 "bridge 'vmbrN' does not exist". */
  requireBridges(values: OptionValues): void {
    for (const [name, value] of values) {
      if (!/^net\d+$/.test(name)) continue;
      const { bridge } = parseContainerNic(String(value), name);
      if (bridge !== undefined && !this.uses.network.hasBridge(String(bridge)))
        throw new ApiError(500, `bridge '${bridge}' does not exist`);
    }
  }

  private async apply(vmid: number, config: GuestConfig, change: ConfigChange): Promise<void> {
    const running = this.uses.engine.isRunning(vmid);
    const base = running ? config : await this.applyPending(vmid, config);
    const values = new Map(base.values);
    const pending = new Map(base.pending);
    const pendingDelete = new Set(base.pendingDelete);
    // What is deleted keeps its pending value, as on Proxmox VE, which then wins at the start.
    for (const name of [...change.revert, ...change.set.keys()]) {
      pending.delete(name);
      pendingDelete.delete(name);
    }
    for (const name of change.delete) {
      if (!running || appliesToRunning(name)) values.delete(name);
      else if (values.has(name)) pendingDelete.add(name);
    }
    for (const [name, given] of change.set) {
      const value = prepared(name, String(given), textOf(values, name));
      if (!running || appliesToRunning(name)) values.set(name, value);
      else if (textOf(values, name) !== value) pending.set(name, value);
    }
    const changed: GuestConfig = { ...config, values, pending, pendingDelete };
    await this.uses.store.write(vmid, changed);
    if (running) await this.applyToRunning(vmid, config.values, values);
  }

  private async applyToRunning(vmid: number, before: OptionValues, after: OptionValues): Promise<void> {
    const { engine } = this.uses;
    const differs = (names: readonly string[]) => names.some((name) => before.get(name) !== after.get(name));
    const spec = containerSpec(vmid, after, '');
    if (differs(['memory', 'swap', 'cores', 'cpulimit', 'cpuunits'])) await engine.limit(vmid, spec);
    if (differs(['hostname'])) await engine.rename(vmid, spec.hostname);
    const nics = new Set([...before.keys(), ...after.keys()].filter((name) => /^net\d+$/.test(name)));
    if (differs([...nics])) await engine.plug(vmid, pluggedContainerNics(after));
  }
}

/** An option as the configuration keeps it: interfaces with an address of their own, tags in order. */
export function prepared(name: string, value: string, before: OptionValue | undefined): string {
  if (name === 'tags') return tidyTags(value);
  if (name === 'description') return value.replace(/\n$/, '');
  if (!/^net\d+$/.test(name)) return value;
  const nic = parseContainerNic(value, name);
  const old = typeof before === 'string' ? parseContainerNic(before, name).hwaddr : undefined;
  return printContainerNic({ ...nic, hwaddr: nic.hwaddr ?? old ?? randomMac(), type: 'veth' });
}

/** Throws ApiError. */
function checkSeen({ digest, skipLock }: Reservation, config: GuestConfig): void {
  if (digest !== undefined && digest !== digestOf(config)) {
    throw new ApiError(500, 'detected modified configuration - file changed by other user? Try again.');
  }
  if (!skipLock) refuseLocked(config, 'CT');
}
