import { type Injected, refusal } from './checked-node';

export interface FaultOfANode {
  readonly name: string;
  readonly injected: Injected;
  /** The row that must name it, what it must say, and its state where it is no fault. */
  readonly subject: string;
  readonly said: RegExp;
  readonly state?: 'warning';
}

export type Row = Readonly<Record<string, unknown>>;
export const patched = (key: string, value: unknown, change: Row) => (rows: Row[]) =>
  rows.map((row) => (row[key] === value ? { ...row, ...change } : row));
export const ours = { iface: 'vmbr10', type: 'bridge', comments: 'lab: servers (lab-0a1b2c3d)\n' };
export const vm = (change: Row = {}) => ({ vmid: 129, node: 'pve', name: 'mail', type: 'qemu', ...change });
const staged = (name: string) =>
  `--- /etc/network/interfaces\n+++ x\n@@ -1 +1,3 @@\n+auto ${name}\n+iface ${name} inet manual\n`;

const cases: readonly (readonly [string, Injected, string, RegExp, 'warning'?])[] = [
  [
    'an answer that is none of Proxmox VE',
    { answers: { version: () => ({}) } },
    'Proxmox VE API',
    /no Proxmox VE API/,
  ],
  [
    'a login that is refused',
    { answers: { version: refusal(401, 'No ticket') } },
    'Proxmox VE API',
    /refuses the login as \S+!lab /,
  ],
  [
    'an old version',
    { answers: { version: () => ({ version: '8.3.5' }) } },
    'Proxmox VE API',
    /8\.3\.5 cannot import/,
  ],
  [
    'an API that is broken',
    { answers: { version: refusal(596, 'broken pipe') } },
    'Proxmox VE API',
    /596 broken pipe/,
  ],
  [
    'another name of the node',
    { answers: { nodes: () => [{ node: 'a', status: 'online' }] } },
    'node pve',
    /no node pve; it has a/,
  ],
  [
    'a node that is off',
    { answers: { nodes: () => [{ node: 'pve', status: 'offline' }] } },
    'node pve',
    /is offline/,
  ],
  [
    'no privilege at all',
    { answers: { 'access/permissions': () => ({}) } },
    'privileges',
    /lacks .*VM\.Allocate/,
  ],
  [
    'one privilege less',
    { answers: { 'access/permissions': without('/', 'SDN.Use') } },
    'privileges',
    /lacks SDN\.Use on \/sdn\/zones\/localnetwork\/vmbr10$/,
  ],
  [
    'no storage of that name',
    { answers: { storage: (rows: Row[]) => rows.filter((row) => row.storage !== 'local-lvm') } },
    'storage local-lvm',
    /no such storage.*sees local/,
  ],
  ['no storage that it may see', { answers: { storage: () => [] } }, 'storage local', /sees none/],
  [
    'a storage that is disabled',
    { answers: { storage: patched('storage', 'local', { enabled: 0 }) } },
    'storage local',
    /disabled/,
  ],
  [
    'a storage that is not active',
    { answers: { storage: patched('storage', 'local', { active: 0 }) } },
    'storage local',
    /not active/,
  ],
  [
    'a fresh node without snippets',
    { answers: { storage: patched('storage', 'local', { content: 'iso,vztmpl,backup,import' }) } },
    'storage local',
    /does not accept snippets/,
  ],
  [
    'a fresh node without import',
    { answers: { storage: patched('storage', 'local', { content: 'iso,snippets' }) } },
    'storage local',
    /does not accept import/,
  ],
  [
    'a storage without disks',
    { answers: { storage: patched('storage', 'local-lvm', { content: 'rootdir' }) } },
    'storage local-lvm',
    /does not accept images/,
  ],
  [
    'a full volume group',
    { answers: { storage: patched('storage', 'local-lvm', { type: 'lvm', avail: 2 ** 30 }) } },
    'storage local-lvm',
    /1\.0 GiB free, up to 26\.0 GiB needed/,
  ],
  [
    'little space for disks',
    { answers: { storage: patched('storage', 'local-lvm', { type: 'lvmthin', avail: 2 ** 30 }) } },
    'storage local-lvm',
    /1\.0 GiB free/,
    'warning',
  ],
  [
    'no space for the image',
    { answers: { storage: patched('storage', 'local', { avail: 2 ** 20 }) } },
    'storage local',
    /0\.0 GiB free/,
  ],
  [
    "somebody's bridge",
    { answers: { network: () => [{ iface: 'vmbr10', cidr: '10.0.0.1/24' }] } },
    'bridge vmbr10',
    /not the lab's \(10\.0\.0\.1\/24\)/,
  ],
  [
    'a bridge left by a failed deploy',
    { answers: { network: () => [ours] } },
    'bridge vmbr10',
    /Terraform does not know it/,
    'warning',
  ],
  [
    'a bridge left staged',
    { answers: { network: () => [ours] }, staged: staged('vmbr10') },
    'bridge vmbr10',
    /staged and not applied/,
    'warning',
  ],
  [
    "somebody's change that waits",
    { staged: staged('vmbr77') },
    'network of the node',
    /change of vmbr77 is staged/,
  ],
  [
    'a vmid that is taken',
    { answers: { 'cluster/resources': () => [vm()] } },
    'vmid 129',
    /taken by VM 129 "mail" on node pve, which is not the lab's/,
  ],
  [
    'a vmid that is taken on another node',
    { answers: { 'cluster/resources': () => [vm({ node: 'b', tags: 'lab-0a1b2c3d' })] } },
    'vmid 129',
    /the lab's own VM 129 "mail" on node b/,
  ],
  [
    "a vmid that somebody's container has",
    { answers: { 'cluster/resources': () => [vm({ type: 'lxc', tags: 'lab' })] } },
    'vmid 129',
    /taken by container 129 "mail" on node pve/,
  ],
  [
    'a vmid taken out of sight',
    { answers: { 'cluster/nextid': refusal(400, 'VM 129 already exists') } },
    'vmid 129',
    /may not see/,
  ],
  [
    'fewer cores than a guest',
    { answers: { status: (status: Row) => ({ ...status, cpuinfo: { cpus: 0 } }) } },
    "cores of the guests' node",
    /MAX 0 vcpus allowed per VM on this node/,
  ],
  [
    'less memory than a guest',
    { answers: { status: (status: Row) => ({ ...status, memory: { total: 2 ** 29 } }) } },
    "memory of the guests' node",
    /wordpress asks for 1\.0 GiB.*, the node has 0\.5 GiB/,
  ],
  [
    'less memory than all guests',
    { answers: { status: (status: Row) => ({ ...status, memory: { total: 2 ** 31 } }) } },
    "memory of the guests' node",
    /the guests ask for 3\.0 GiB, the node has 2\.0 GiB/,
    'warning',
  ],
  [
    'little memory that is free',
    { answers: { status: (status: Row) => ({ ...status, memory: { total: 2 ** 33, free: 2 ** 30 } }) } },
    "memory of the guests' node",
    /1\.0 GiB are free/,
    'warning',
  ],
  [
    'a template larger than a disk',
    { template: { virtualBytes: 9 * 2 ** 30 } },
    'guest template',
    /has 9 GiB, and moodle has 8 GiB/,
  ],
  [
    'a template without Moodle',
    { template: { withoutMoodle: 'no source' } },
    'guest template',
    /no Moodle \(no source\)/,
  ],
  ['clocks that differ', { behindSeconds: 61 }, 'clock of the node', /61 s ahead/, 'warning'],
  ['no SSH', { noHost: 'ssh root@pve:22: nothing listens there' }, 'SSH to the node', /nothing listens/],
  [
    'SSH to another member of the cluster',
    { host: { name: 'b' }, answers: { nodes: (rows: Row[]) => [...rows, { node: 'b', status: 'online' }] } },
    'SSH to the node',
    /reaches b, another node of the cluster/,
  ],
  ['SSH to another host', { host: { name: 'nas' } }, 'SSH to the node', /a host named nas/],
  [
    'no sudo for snippets',
    { host: { uid: 1000, sudo: new Set() } },
    'sudo for the deploy',
    /\/usr\/bin\/tee \/var\/lib\/vz\/snippets\/lab-\S+\.yaml/,
  ],
  [
    'no sudo for measuring',
    {
      host: {
        uid: 1000,
        sudo: new Set([
          '/usr/sbin/pvesm apiinfo',
          '/usr/bin/tee /var/lib/vz/snippets/lab-0a1b2c3d-check.yaml',
        ]),
      },
    },
    'sudo for measuring',
    /python3/,
    'warning',
  ],
  [
    'no directory for snippets',
    { host: { snippets: { directory: '/mnt/snippets', exists: false, writable: false, readOnly: false } } },
    "the snippets' directory",
    /\/mnt\/snippets is not there/,
  ],
  [
    'a directory that cannot be written',
    { host: { snippets: { directory: '/mnt', exists: true, writable: false, readOnly: false } } },
    "the snippets' directory",
    /cannot be written/,
  ],
  [
    'a directory that no right helps to write',
    { host: { uid: 1000, snippets: { directory: '/mnt', exists: true, writable: false, readOnly: true } } },
    "the snippets' directory",
    /cannot be written/,
  ],
  [
    'no programs for measuring',
    { host: { programs: new Set(['ip']) } },
    'programs for measuring',
    /lacks flock, tc, python3/,
    'warning',
  ],
  ['no KVM', { host: { hasKvm: false } }, 'KVM on the node', /no \/dev\/kvm/],
  ['a node that is a guest itself', { host: { virtual: 'kvm' } }, 'KVM on the node', /nested/, 'warning'],
];

function without(path: string, privilege: string) {
  return (tree: Record<string, Record<string, number>>) => {
    const { [privilege]: _, ...rest } = tree[path] ?? {};
    return { [path]: rest };
  };
}

export const faults: readonly FaultOfANode[] = cases.map(([name, injected, subject, said, state]) => ({
  ...{ name, injected, subject, said, state },
}));
