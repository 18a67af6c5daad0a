import { lxcConfig, plugLines } from '../../../../local-node/engine/lxc/lxc-config';
import { vethBytes, vethsOf } from '../../../../local-node/engine/lxc/process-figures';

const NIC = { index: 0, name: 'eth0', mac: 'BC:24:11:00:00:01', bridge: 'vmbr0', linkDown: false };
const SPEC = {
  ...{ vmid: 101, hostname: 'ct1', root: '/r', cores: 1, cpuLimit: 0, cpuUnits: undefined },
  ...{ memoryMiB: 512, swapMiB: 0, ttys: 2, nics: [NIC] },
};
const NET_DEV = `Inter-|   Receive |  Transmit
 face |bytes packets
veth101i0:     516       6    0    0    0     0          0         0      736       8    0    0    0     0       0          0
veth1010i0:     1       6    0    0    0     0          0         0      1       8    0    0    0     0       0          0
`;

test('a container is unprivileged, on its bridge, and ends with its monitor', () => {
  const lines = lxcConfig(SPEC, { place: '/p', unified: true, groupLines: ['lxc.cgroup2.memory.max = 1'] });
  for (const line of [
    ...['lxc.rootfs.path = dir:/p', 'lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536'],
    ...['lxc.net.0.veth.pair = veth101i0', 'lxc.net.0.link = vmbr0', 'lxc.monitor.signal.pdeath = SIGKILL'],
    'lxc.cgroup2.memory.max = 1',
  ])
    expect(lines).toContain(`${line}\n`);
  expect(lines).not.toContain('systemd.unified_cgroup_hierarchy');
});

test('where control groups are of version 1, systemd is told to go without them', () => {
  const lines = lxcConfig(SPEC, { place: '/p', unified: false, groupLines: [] });
  expect(lines).toContain('SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1');
  expect(lines).toContain('lxc.init.cmd = /sbin/init systemd.unified_cgroup_hierarchy=1');
});

test("a container without interfaces has a network of its own, not the node's", () => {
  expect(lxcConfig({ ...SPEC, nics: [] }, { place: '/p', unified: true, groupLines: [] })).toContain(
    'lxc.net.0.type = empty\n',
  );
});

test('interfaces of a running container come and go by their numbers', () => {
  expect(plugLines(101, 77, ['veth101i1'], [NIC])).toEqual([
    'link delete dev veth101i1',
    'link add name veth101i0 type veth peer name eth0 address BC:24:11:00:00:01 netns 77',
    'link set dev veth101i0 master vmbr0 up',
  ]);
});

test('what the node receives from a container is what that has sent, and no other container counts', () => {
  expect(vethsOf(101, NET_DEV)).toEqual(['veth101i0']);
  expect(vethBytes(101, NET_DEV)).toEqual({ netInBytes: 736, netOutBytes: 516 });
});
