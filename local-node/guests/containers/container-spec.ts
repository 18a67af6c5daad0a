/** From a container's configuration to what an engine needs to run it. */
import type { ContainerNic, ContainerSpec } from '../../engine/container-engine';
import { type ContainerNicOption, parseContainerNic } from '../../formats/container-nic';
import { ROOTFS } from '../../formats/container-options';
import { parseSize } from '../../formats/drive';
import { type GuestConfig, parseGuestConfig } from '../../formats/guest-config';
import { type OptionValues, textOf } from '../../formats/option-values';
import { parsePropertyString } from '../../formats/property-string';
import { NODE_CPUS } from '../guest-spec';
import type { GuestKind } from '../guest-store';

export const CONTAINERS: GuestKind = {
  directory: 'lxc',
  noun: 'CT',
  parse: (text): GuestConfig => parseGuestConfig(text, (texts) => new Map(texts)),
};

export interface RootOption {
  readonly volume: string;
  /** Bytes; 0 where the configuration names none. */
  readonly size: number;
}

/** Undefined if the container has none. */
export function rootOf(values: OptionValues): RootOption | undefined {
  const text = textOf(values, 'rootfs');
  if (text === undefined) return undefined;
  const { volume, size } = parsePropertyString(ROOTFS, text, 'rootfs');
  return { volume: String(volume), size: size === undefined ? 0 : parseSize(String(size)) };
}

export function hostnameOf(vmid: number, values: OptionValues): string {
  return textOf(values, 'hostname') ?? `CT${vmid}`;
}

/** Proxmox VE's defaults: 512 MiB of each. */
export function memoryOf(values: OptionValues): { readonly memoryMiB: number; readonly swapMiB: number } {
  const of = (name: string) => Number(textOf(values, name) ?? 512);
  return { memoryMiB: of('memory'), swapMiB: of('swap') };
}

/** CPUs that a container has: those of the node unless it says less. */
export function containerCpus(values: OptionValues): number {
  const limit = Number(textOf(values, 'cpulimit') ?? 0);
  const cores = Number(textOf(values, 'cores') ?? NODE_CPUS);
  return limit > 0 && limit < cores ? Math.ceil(limit) : cores;
}

/** All network interfaces by number. */
export function containerNics(
  values: OptionValues,
): { readonly index: number; readonly option: ContainerNicOption }[] {
  return [...values.keys()]
    .flatMap((name) => /^net(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
    .map((index) => ({
      index,
      option: parseContainerNic(textOf(values, `net${index}`) ?? '', `net${index}`),
    }));
}

export function pluggedContainerNics(values: OptionValues): ContainerNic[] {
  return containerNics(values).flatMap(({ index, option }): ContainerNic[] => {
    const { name, bridge, hwaddr, link_down: down, mtu, ip } = option;
    if (bridge === undefined || hwaddr === undefined) return [];
    const numbers = { index, linkDown: down === true, mtu: mtu === undefined ? undefined : Number(mtu) };
    const told = ip === undefined ? undefined : String(ip);
    return [{ ...numbers, name: String(name), bridge: String(bridge), mac: String(hwaddr), ip: told }];
  });
}

/** `root` is the directory of its root file system. */
export function containerSpec(vmid: number, values: OptionValues, root: string): ContainerSpec {
  const number = (name: string) => {
    const text = textOf(values, name);
    return text === undefined ? undefined : Number(text);
  };
  return {
    vmid,
    hostname: hostnameOf(vmid, values).replace(/\..*$/, ''),
    root,
    cores: number('cores'),
    cpuLimit: number('cpulimit') ?? 0,
    cpuUnits: number('cpuunits'),
    ...memoryOf(values),
    nics: pluggedContainerNics(values),
    ttys: number('tty') ?? 2,
  };
}
