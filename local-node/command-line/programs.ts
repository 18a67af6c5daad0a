/**
 * The programs of the node's command line. A command is a call of the API and nothing else:
 *
 *   METHOD path <argument> [<optional argument>] => how its answer is printed
 *
 * A path without a leading slash is below /nodes/{node}/. Commands of one record stand together in the usage text, as
 * in Proxmox VE's. `own` is what no call of the API does: own-commands.ts has it, or the local node has not.
 */
export type Commands = Readonly<Record<string, string>>;

const task: Commands = {
  'task list': 'GET tasks => table upid type id user starttime endtime status',
  'task log': 'GET tasks/{upid}/log <upid> => log',
  'task status': 'GET tasks/{upid}/status <upid> => table',
};

const pct: readonly Commands[] = [
  {
    clone: 'POST lxc/{vmid}/clone <vmid> <newid>',
    create: 'POST lxc <vmid> <ostemplate>',
    destroy: 'DELETE lxc/{vmid} <vmid>',
    list: 'GET lxc => containers',
    migrate: 'POST lxc/{vmid}/migrate <vmid> <target>',
    'move-volume':
      'POST lxc/{vmid}/move_volume <vmid> <volume> [<storage>] [<target-vmid>] [<target-volume>]',
    pending: 'GET lxc/{vmid}/pending <vmid> => pending',
    resize: 'PUT lxc/{vmid}/resize <vmid> <disk> <size>',
    restore: 'POST lxc <vmid> <ostemplate> restore=1',
    template: 'POST lxc/{vmid}/template <vmid>',
  },
  {
    config: 'GET lxc/{vmid}/config <vmid> => config',
    set: 'PUT lxc/{vmid}/config <vmid>',
  },
  {
    delsnapshot: 'DELETE lxc/{vmid}/snapshot/{snapname} <vmid> <snapname>',
    listsnapshot: 'GET lxc/{vmid}/snapshot <vmid> => snapshots',
    rollback: 'POST lxc/{vmid}/snapshot/{snapname}/rollback <vmid> <snapname>',
    snapshot: 'POST lxc/{vmid}/snapshot <vmid> <snapname>',
  },
  {
    reboot: 'POST lxc/{vmid}/status/reboot <vmid>',
    resume: 'POST lxc/{vmid}/status/resume <vmid>',
    shutdown: 'POST lxc/{vmid}/status/shutdown <vmid>',
    start: 'POST lxc/{vmid}/status/start <vmid>',
    stop: 'POST lxc/{vmid}/status/stop <vmid>',
    suspend: 'POST lxc/{vmid}/status/suspend <vmid>',
  },
  {
    console: 'own <vmid> [OPTIONS]',
    cpusets: 'own',
    df: 'own <vmid>',
    enter: 'own <vmid> [OPTIONS]',
    exec: 'own <vmid> [<extra-args>] [OPTIONS]',
    fsck: 'own <vmid> [OPTIONS]',
    fstrim: 'own <vmid> [OPTIONS]',
    mount: 'own <vmid>',
    pull: 'own <vmid> <path> <destination> [OPTIONS]',
    push: 'own <vmid> <file> <destination> [OPTIONS]',
    'remote-migrate': 'POST lxc/{vmid}/remote_migrate <vmid> [<target-vmid>] <target-endpoint>',
    rescan: 'own  [OPTIONS]',
    status: 'GET lxc/{vmid}/status/current <vmid> => status',
    unlock: 'own <vmid>',
    unmount: 'own <vmid>',
  },
];

const qm: readonly Commands[] = [
  {
    'cloudinit dump': 'GET qemu/{vmid}/cloudinit/dump <vmid> <type> => text',
    'cloudinit pending': 'GET qemu/{vmid}/cloudinit <vmid> => pending',
    'cloudinit update': 'PUT qemu/{vmid}/cloudinit <vmid>',
  },
  {
    'disk import': 'own <vmid> <source> <storage> [OPTIONS]',
    'disk move': 'POST qemu/{vmid}/move_disk <vmid> <disk> [<storage>]',
    'disk rescan': 'own  [OPTIONS]',
    'disk resize': 'PUT qemu/{vmid}/resize <vmid> <disk> <size>',
    'disk unlink': 'PUT qemu/{vmid}/unlink <vmid>',
  },
  {
    'guest cmd': 'GET|POST qemu/{vmid}/agent/{command} <vmid> <command> => agent',
    'guest exec': 'own <vmid> [<extra-args>] [OPTIONS]',
    'guest exec-status': 'GET qemu/{vmid}/agent/exec-status <vmid> <pid> => json',
    'guest passwd': 'own <vmid> <username> [OPTIONS]',
  },
  {
    clone: 'POST qemu/{vmid}/clone <vmid> <newid>',
    create: 'POST qemu <vmid>',
    delsnapshot: 'DELETE qemu/{vmid}/snapshot/{snapname} <vmid> <snapname>',
    destroy: 'DELETE qemu/{vmid} <vmid>',
    importdisk: 'own <vmid> <source> <storage> [OPTIONS]',
    list: 'GET qemu => machines',
    listsnapshot: 'GET qemu/{vmid}/snapshot <vmid> => snapshots',
    migrate: 'POST qemu/{vmid}/migrate <vmid> <target>',
    pending: 'GET qemu/{vmid}/pending <vmid> => pending',
    reboot: 'POST qemu/{vmid}/status/reboot <vmid>',
    reset: 'POST qemu/{vmid}/status/reset <vmid>',
    resize: 'PUT qemu/{vmid}/resize <vmid> <disk> <size>',
    resume: 'POST qemu/{vmid}/status/resume <vmid>',
    rollback: 'POST qemu/{vmid}/snapshot/{snapname}/rollback <vmid> <snapname>',
    sendkey: 'PUT qemu/{vmid}/sendkey <vmid> <key>',
    shutdown: 'POST qemu/{vmid}/status/shutdown <vmid>',
    snapshot: 'POST qemu/{vmid}/snapshot <vmid> <snapname>',
    start: 'POST qemu/{vmid}/status/start <vmid>',
    stop: 'POST qemu/{vmid}/status/stop <vmid>',
    suspend: 'POST qemu/{vmid}/status/suspend <vmid>',
    template: 'POST qemu/{vmid}/template <vmid>',
  },
  {
    config: 'GET qemu/{vmid}/config <vmid> => config',
    set: 'PUT qemu/{vmid}/config <vmid>',
  },
  {
    monitor: 'own <vmid>',
    rescan: 'own  [OPTIONS]',
    showcmd: 'own <vmid> [OPTIONS]',
    status: 'GET qemu/{vmid}/status/current <vmid> => status',
    terminal: 'own <vmid> [OPTIONS]',
    unlock: 'own <vmid>',
    wait: 'own <vmid> [OPTIONS]',
  },
];

const pvesm: readonly Commands[] = [
  {
    add: 'POST /storage <type> <storage>',
    alloc: 'POST storage/{storage}/content <storage> <vmid> <filename> <size> => allocated',
    extractconfig: 'GET vzdump/extractconfig <volume> => text',
    free: 'DELETE storage/{storage}/content/{volume} <volume>',
    list: 'GET storage/{storage}/content <storage> => volumes',
    path: 'GET storage/{storage}/content/{volume} <volume> => path',
    'prune-backups': 'DELETE storage/{storage}/prunebackups <storage>',
    remove: 'DELETE /storage/{storage} <storage>',
    set: 'PUT /storage/{storage} <storage>',
    status: 'GET storage => storages',
  },
];

const pveum: readonly Commands[] = [
  {
    'acl delete': 'PUT /access/acl <path> delete=1',
    'acl list': 'GET /access/acl => table',
    'acl modify': 'PUT /access/acl <path>',
  },
  {
    'group add': 'POST /access/groups <groupid>',
    'group delete': 'DELETE /access/groups/{groupid} <groupid>',
    'group list': 'GET /access/groups => table',
    'group modify': 'PUT /access/groups/{groupid} <groupid>',
  },
  {
    'pool add': 'POST /pools <poolid>',
    'pool delete': 'DELETE /pools/{poolid} <poolid>',
    'pool list': 'GET /pools => table',
    'pool modify': 'PUT /pools/{poolid} <poolid>',
  },
  { 'realm list': 'GET /access/domains => table' },
  {
    'role add': 'POST /access/roles <roleid>',
    'role delete': 'DELETE /access/roles/{roleid} <roleid>',
    'role list': 'GET /access/roles => table',
    'role modify': 'PUT /access/roles/{roleid} <roleid>',
  },
  {
    'user add': 'POST /access/users <userid>',
    'user delete': 'DELETE /access/users/{userid} <userid>',
    'user list': 'GET /access/users => table',
    'user modify': 'PUT /access/users/{userid} <userid>',
    'user permissions': 'GET /access/permissions [<userid>] => table',
    'user token add': 'POST /access/users/{userid}/token/{tokenid} <userid> <tokenid> => table',
    'user token delete': 'DELETE /access/users/{userid}/token/{tokenid} <userid> <tokenid>',
    'user token list': 'GET /access/users/{userid}/token <userid> => table',
    'user token modify': 'PUT /access/users/{userid}/token/{tokenid} <userid> <tokenid> => table',
    'user token remove': 'DELETE /access/users/{userid}/token/{tokenid} <userid> <tokenid>',
  },
  { passwd: 'own <userid>', ticket: 'own <username>' },
];

const path = '<api_path>';
const pvesh: readonly Commands[] = [
  {
    create: `call POST ${path}`,
    delete: `call DELETE ${path}`,
    get: `call GET ${path}`,
    ls: `call ls ${path}`,
    set: `call PUT ${path}`,
    usage: `call usage ${path}`,
  },
];

/** By name; a program without commands has one of the empty name. */
export const PROGRAMS = {
  pct,
  pvenode: [task],
  pvesh,
  pvesm,
  pveum,
  qm,
  vzdump: [{ '': 'POST vzdump [<vmid>...]' }],
} as const satisfies Readonly<Record<string, readonly Commands[]>>;

export type Program = keyof typeof PROGRAMS;

export function isProgram(name: string): name is Program {
  return Object.hasOwn(PROGRAMS, name);
}
