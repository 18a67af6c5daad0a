/** Where the parameters of the local node differ from those of Proxmox VE 9.1, and why. */
export interface ParameterDeviation {
  readonly reason: string;
  /** Of "METHOD path". */
  readonly routes: RegExp;
  /** Names; an indexed one without its number. */
  readonly names: string;
}

const GUEST = /qemu(\/\{vmid\}\/config)?$/;

export const PARAMETER_DEVIATIONS: readonly ParameterDeviation[] = [
  {
    reason: 'Hardware that the local node does not give to guests is refused by name.',
    routes: GUEST,
    names:
      'affinity allow-ksm amd-sev audio0 efidisk0 freeze hostpci hugepages intel-tdx ivshmem keephugepages numa parallel smp spice_enhancements startdate tdf tpmstate0 usb virtiofs',
  },
  {
    reason: 'Old names of options (bootdisk, cdrom) and what only migration, restore or snapshots use.',
    routes: GUEST,
    names:
      'bootdisk cdrom bwlimit ha-managed import-working-storage live-restore migrate_downtime migrate_speed vmstatestorage',
  },
  {
    reason:
      'A container has its root file system and its network: devices and what restores or throttles are refused by name.',
    routes: /lxc(\/\{vmid\}\/config)?$/,
    names: 'bwlimit dev entrypoint env ha-managed',
  },
  {
    reason: 'Storages are directories of the node: the options of all other kinds are refused by name.',
    routes: /^(POST \/storage|PUT \/storage\/\{storage\})$/,
    names:
      'authsupported base blocksize bwlimit comstar_hg comstar_tg content-dirs data-pool datastore domain encryption-key export fingerprint format fs-name fuse is_mountpoint iscsiprovider keyring krbd lio_tpg master-pubkey max-protected-backups mkdir monhost mountpoint namespace nocow nodes nowritecache options password pool port portal preallocation prune-backups saferemove saferemove-stepsize saferemove_throughput server share shared skip-cert-verification smbversion snapshot-as-volume-chain sparse subdir tagged_only target thinpool username vgname zfs-base-path',
  },
  {
    reason:
      'Bridges are the only interfaces: options of bonds, Open vSwitch and second families are refused.',
    routes: /\/network(\/\{iface\})?$/,
    names:
      'address6 bond_xmit_hash_policy comments6 netmask6 ovs_bonds ovs_bridge ovs_options ovs_ports ovs_tag skip-frr',
  },
  {
    reason: 'Only raw and qcow2 are made.',
    routes: /(content|clone|move_disk)$/,
    names: 'format',
  },
  {
    reason: 'Copies are not slowed down, and disks do not change their guest.',
    routes: /(clone|move_disk|template)$/,
    names: 'bwlimit disk storage target-digest target-disk target-vmid',
  },
  {
    reason: 'There is one node, so that nothing migrates to it.',
    routes: /status\/(start|stop)$/,
    names:
      'migratedfrom migration_network migration_type nets-host-mtu stateuri targetstorage with-conntrack-state',
  },
  {
    reason: 'There is no second factor, and no ticket for one path.',
    routes: /^(POST \/access\/ticket|PUT \/access\/password)$/,
    names: 'confirmation-password otp path privs tfa-challenge',
  },
  {
    reason: 'Filters and forms of lists that the provider does not ask for.',
    routes: /^GET /,
    names: 'check-node count decode download offset pending running statusfilter type timeframe',
  },
  {
    reason: 'Comments have a limit, so that user.cfg stays small.',
    routes: /^(POST|PUT) \/access\//,
    names: 'comment',
  },
  {
    reason: 'A comment of a token is emptied, not deleted.',
    routes: /^PUT .*\/token\/\{tokenid\}$/,
    names: 'delete',
  },
  {
    reason: 'More than Proxmox VE 9.1 has: a narrower list of ACLs.',
    routes: /^GET \/access\/acl$/,
    names: 'exact path',
  },
  {
    reason: "A volume's path holds its storage, and a digest beside it is let pass.",
    routes: /content\/\{volume\*\}$/,
    names: 'digest storage',
  },
  {
    reason: 'An upload brings its file with its name; it is never taken from the disk of the node.',
    routes: /\/upload$/,
    names: 'filename tmpfilename',
  },
];
