/** Privileges and built-in roles of Proxmox VE 9.1. */

export const PRIVILEGES: readonly string[] = [
  ...['Allocate', 'AllocateSpace', 'AllocateTemplate', 'Audit'].map((name) => `Datastore.${name}`),
  'Group.Allocate',
  ...['Audit', 'Modify', 'Use'].map((name) => `Mapping.${name}`),
  'Permissions.Modify',
  ...['Allocate', 'Audit'].map((name) => `Pool.${name}`),
  ...['Allocate', 'AllocateUser'].map((name) => `Realm.${name}`),
  ...['Allocate', 'Audit', 'Use'].map((name) => `SDN.${name}`),
  ...['AccessNetwork', 'Audit', 'Console', 'Incoming', 'Modify', 'PowerMgmt', 'Syslog'].map(
    (name) => `Sys.${name}`,
  ),
  'User.Modify',
  ...['Allocate', 'Audit', 'Backup', 'Clone'].map((name) => `VM.${name}`),
  ...['CDROM', 'CPU', 'Cloudinit', 'Disk', 'HWType', 'Memory', 'Network', 'Options'].map(
    (name) => `VM.Config.${name}`,
  ),
  'VM.Console',
  ...['Audit', 'FileRead', 'FileSystemMgmt', 'FileWrite', 'Unrestricted'].map(
    (name) => `VM.GuestAgent.${name}`,
  ),
  ...['Migrate', 'PowerMgmt', 'Replicate', 'Snapshot', 'Snapshot.Rollback'].map((name) => `VM.${name}`),
];

/** All privileges that begin with one of `prefixes`, except `without`. */
function those(prefixes: readonly string[], without: readonly string[] = []): readonly string[] {
  return PRIVILEGES.filter(
    (name) => prefixes.some((prefix) => name.startsWith(prefix)) && !without.includes(name),
  );
}

/** Reserved for Administrator. */
const ROOT_ONLY = [
  'Mapping.Modify',
  'Permissions.Modify',
  'Realm.Allocate',
  'Sys.AccessNetwork',
  'Sys.Incoming',
  'Sys.Modify',
  'Sys.PowerMgmt',
];

export const BUILT_IN_ROLES: ReadonlyMap<string, readonly string[]> = new Map([
  ['Administrator', PRIVILEGES],
  ['NoAccess', []],
  ['PVEAdmin', those([''], ROOT_ONLY)],
  ['PVEAuditor', [...PRIVILEGES.filter((name) => name.endsWith('.Audit'))]],
  ['PVEDatastoreAdmin', those(['Datastore.'])],
  ['PVEDatastoreUser', ['Datastore.AllocateSpace', 'Datastore.Audit']],
  ['PVEMappingAdmin', those(['Mapping.'])],
  ['PVEMappingUser', ['Mapping.Audit', 'Mapping.Use']],
  ['PVEPoolAdmin', those(['Pool.'])],
  ['PVEPoolUser', ['Pool.Audit']],
  ['PVESDNAdmin', those(['SDN.'])],
  ['PVESDNUser', ['SDN.Audit', 'SDN.Use']],
  ['PVESysAdmin', ['Sys.Audit', 'Sys.Console', 'Sys.Syslog']],
  ['PVETemplateUser', ['VM.Audit', 'VM.Clone']],
  ['PVEUserAdmin', ['Group.Allocate', 'Realm.AllocateUser', 'User.Modify']],
  ['PVEVMAdmin', those(['VM.'])],
  [
    'PVEVMUser',
    [
      'VM.Audit',
      'VM.Backup',
      'VM.Config.CDROM',
      'VM.Config.Cloudinit',
      'VM.Console',
      'VM.GuestAgent.Audit',
      'VM.GuestAgent.FileRead',
      'VM.GuestAgent.FileSystemMgmt',
      'VM.GuestAgent.FileWrite',
      'VM.PowerMgmt',
    ],
  ],
]);

/**
 * What a login's `cap` names by area, for a user interface: the privileges that the user has in it, with
 * Permissions.Modify, taken at the area's path.
 */
export const CAPABILITY_AREAS: Readonly<Record<string, { path: string; prefixes: readonly string[] }>> = {
  vms: { path: '/vms', prefixes: ['VM.', 'Permissions.Modify'] },
  storage: { path: '/storage', prefixes: ['Datastore.', 'Permissions.Modify'] },
  access: { path: '/access', prefixes: ['User.', 'Group.', 'Permissions.Modify'] },
  nodes: { path: '/nodes', prefixes: ['Sys.', 'Permissions.Modify'] },
  sdn: { path: '/sdn', prefixes: ['SDN.', 'Permissions.Modify'] },
  mapping: { path: '/mapping', prefixes: ['Mapping.', 'Permissions.Modify'] },
  dc: { path: '/', prefixes: ['Sys.Audit', 'Sys.Modify', 'SDN.'] },
};
