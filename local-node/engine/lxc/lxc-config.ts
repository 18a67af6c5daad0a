import { CONTAINER_IDS } from '../../namespace/id-maps';
import type { ContainerNic, ContainerSpec } from '../container-engine';

/** The node's end of a container's interface, as on Proxmox VE. */
export function vethName(vmid: number, index: number): string {
  return `veth${vmid}i${index}`;
}

export interface LxcSurroundings {
  /** The directory that is the container's root, as the namespace shows it. */
  readonly place: string;
  /** One hierarchy of control groups for all controllers? Where not, systemd must be told to go without the old ones. */
  readonly unified: boolean;
  /** Of ContainerCgroups. */
  readonly groupLines: readonly string[];
}

/**
 * The configuration file of LXC for a container: unprivileged, its root is user 100000 of the node's namespace; its init
 * and all that it starts end with LXC's monitor.
 */
export function lxcConfig(spec: ContainerSpec, { place, unified, groupLines }: LxcSurroundings): string {
  const { first, count } = CONTAINER_IDS;
  const lines = [
    'lxc.arch = x86_64',
    `lxc.uts.name = ${spec.hostname}`,
    `lxc.rootfs.path = dir:${place}`,
    `lxc.idmap = u 0 ${first} ${count}`,
    `lxc.idmap = g 0 ${first} ${count}`,
    'lxc.mount.auto = proc:mixed sys:mixed cgroup:rw',
    'lxc.autodev = 1',
    `lxc.tty.max = ${spec.ttys}`,
    'lxc.pty.max = 1024',
    'lxc.apparmor.profile = unconfined',
    'lxc.cap.drop = mac_admin mac_override sys_time sys_module sys_rawio',
    'lxc.environment = container=lxc',
    'lxc.monitor.signal.pdeath = SIGKILL',
    'lxc.signal.halt = SIGRTMIN+4',
    ...(unified
      ? []
      : [
          'lxc.environment = SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1',
          'lxc.init.cmd = /sbin/init systemd.unified_cgroup_hierarchy=1',
        ]),
    ...groupLines,
    ...spec.nics.flatMap((nic, position) => nicLines(spec.vmid, nic, position)),
    // None at all would be the node's own network.
    ...(spec.nics.length === 0 ? ['lxc.net.0.type = empty'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function nicLines(vmid: number, nic: ContainerNic, position: number): string[] {
  const set = (name: string, value: string | number) => `lxc.net.${position}.${name} = ${value}`;
  return [
    set('type', 'veth'),
    set('veth.pair', vethName(vmid, nic.index)),
    set('link', nic.bridge),
    ...(nic.linkDown ? [] : [set('flags', 'up')]),
    set('name', nic.name),
    set('hwaddr', nic.mac),
    ...(nic.mtu === undefined ? [] : [set('mtu', nic.mtu)]),
  ];
}

/** Lines of `ip -batch` that give a running container, whose init is `pid`, the interfaces that it shall have. */
export function plugLines(
  vmid: number,
  pid: number,
  present: readonly string[],
  nics: readonly ContainerNic[],
): string[] {
  const wanted = nics.map((nic) => vethName(vmid, nic.index));
  const lines = present.filter((name) => !wanted.includes(name)).map((name) => `link delete dev ${name}`);
  for (const { index, name: inside, mac, bridge, linkDown } of nics) {
    const name = vethName(vmid, index);
    if (!present.includes(name))
      lines.push(`link add name ${name} type veth peer name ${inside} address ${mac} netns ${pid}`);
    lines.push(`link set dev ${name} master ${bridge} ${linkDown ? 'down' : 'up'}`);
  }
  return lines;
}
