/** The options of a guest that the local node keeps, with their types. */

import { optionSchemas, propertyFormat } from './call-parameters';
import { DRIVE_PARAMETERS, isUnusedDisk } from './drive';
import { NIC_PARAMETERS } from './nic';
import { type OptionValue, printOption } from './option-values';
import type { ParameterSchema } from './schema';

/** Every option that is honoured, or kept as it is, but the drives and network interfaces. */
const OPTIONS = [
  'acpi agent arch args autostart balloon bios boot cicustom cipassword citype ciupgrade ciuser',
  'cores cpu cpulimit cpuunits description hookscript hotplug keyboard kvm localtime lock machine',
  'memory name nameserver numa onboot ostype protection reboot rng0 scsihw searchdomain shares',
  'smbios1 sockets sshkeys startup tablet tags template vcpus vga vmgenid watchdog',
].join(' ');

const CALL = 'POST /nodes/{node}/qemu';
const CPU = propertyFormat('cpu');

/** The schema leaves open what a CPU type looks like; here it goes into QEMU's command line. */
const CPU_TYPE: ParameterSchema = {
  type: 'string',
  optional: true,
  format: {
    ...CPU,
    keys: {
      ...CPU.keys,
      cputype: { type: 'string', optional: true, pattern: /^[a-zA-Z0-9][a-zA-Z0-9._+-]*$/ },
    },
  },
};

/** Parameters of POST qemu and PUT config that are options of the guest. */
export const OPTION_PARAMETERS: Readonly<Record<string, ParameterSchema>> = {
  ...optionSchemas(CALL, OPTIONS.split(' ')),
  ...optionSchemas(CALL, [...numbered('ipconfig', 32), ...numbered('serial', 4)]),
  cpu: CPU_TYPE,
  ...DRIVE_PARAMETERS,
  ...NIC_PARAMETERS,
};

function numbered(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${name}${index}`);
}

/** What the node itself writes into a configuration; it can only be read. */
const INTERNAL = ['meta', 'parent'];

export function isOption(name: string): boolean {
  return Object.hasOwn(OPTION_PARAMETERS, name) || INTERNAL.includes(name);
}

/** An option as the API gives it back: integers and booleans are numbers, everything else is text. */
export function presentOption(name: string, value: OptionValue): string | number {
  if (name === 'cipassword') return '**********';
  if (name === 'snaptime') return Number(value); // of a snapshot
  const type = Object.hasOwn(OPTION_PARAMETERS, name) ? OPTION_PARAMETERS[name]?.type : undefined;
  return type === 'integer' || type === 'boolean' ? Number(value) : printOption(value);
}

const CLOUD_INIT = [
  'cicustom',
  'cipassword',
  'citype',
  'ciuser',
  'ciupgrade',
  'nameserver',
  'searchdomain',
  'sshkeys',
];

export function isCloudInitOption(name: string): boolean {
  return CLOUD_INIT.includes(name) || /^ipconfig\d+$/.test(name);
}

/** Options that a running guest takes at once, because they concern the node and not its machine. */
export function appliesAtOnce(name: string): boolean {
  return (
    isCloudInitOption(name) ||
    [
      'autostart',
      'description',
      'hookscript',
      'lock',
      'name',
      'onboot',
      'protection',
      'startup',
      'tags',
    ].includes(name) ||
    isUnusedDisk(name)
  );
}

export const CONFIG_PRIVILEGES: readonly string[] = [
  ...['VM.Config.Disk', 'VM.Config.CDROM', 'VM.Config.CPU', 'VM.Config.Memory', 'VM.Config.Network'],
  ...['VM.Config.HWType', 'VM.Config.Options', 'VM.Config.Cloudinit'],
];
