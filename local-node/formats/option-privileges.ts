/** Which privilege on a guest a change of each of its options needs, after Proxmox VE 9.1. */

const CPU = ['cores', 'cpu', 'cpulimit', 'cpuunits', 'numa', 'sockets', 'vcpus'];
const MEMORY = ['balloon', 'memory', 'shares'];
const HARDWARE = ['acpi', 'hotplug', 'kvm', 'machine', 'scsihw', 'smbios1', 'tablet', 'vga', 'watchdog'];
const DISK = ['boot'];
const GENERAL = [
  ...['agent', 'autostart', 'bios', 'description', 'keyboard', 'localtime', 'name', 'onboot', 'ostype'],
  ...['protection', 'reboot', 'startup', 'tags', 'template'],
];
const CLOUD_INIT = [
  ...['cicustom', 'cipassword', 'citype', 'ciupgrade', 'ciuser', 'nameserver', 'searchdomain', 'sshkeys'],
];

const PRIVILEGES = new Map<string, readonly string[]>([
  ...CPU.map((name) => [name, ['VM.Config.CPU']] as const),
  ...MEMORY.map((name) => [name, ['VM.Config.Memory']] as const),
  ...HARDWARE.map((name) => [name, ['VM.Config.HWType']] as const),
  ...DISK.map((name) => [name, ['VM.Config.Disk']] as const),
  ...GENERAL.map((name) => [name, ['VM.Config.Options']] as const),
  ...CLOUD_INIT.map((name) => [name, ['VM.Config.Cloudinit', 'VM.Config.Network']] as const),
  ['net', ['VM.Config.Network']],
  ['ipconfig', ['VM.Config.Cloudinit', 'VM.Config.Network']],
]);

/**
 * One of these is needed; undefined = root@pam alone may change the option (args, hookscript and whatever else reaches
 * the node itself). Drives and serial ports are not here: what they need depends on their value.
 */
export function privilegesOf(option: string): readonly string[] | undefined {
  return PRIVILEGES.get(option) ?? PRIVILEGES.get(option.replace(/\d+$/, ''));
}
