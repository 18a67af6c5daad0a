/** The options of a guest that the local node keeps, with their types. */

import { DRIVE_PARAMETERS, isUnusedDisk } from './drive';
import { NIC_PARAMETERS } from './nic';
import {
  AGENT,
  addressList,
  BOOT,
  CPU,
  CUSTOM,
  dnsName,
  hotplug,
  IP_CONFIG,
  KEYBOARDS,
  MACHINE,
  MEMORY,
  RNG,
  SMBIOS,
  startupOrder,
  tagList,
  urlEncoded,
  VGA,
  VM_GENERATION_ID,
  volumeId,
  WATCHDOG,
} from './option-formats';
import { type OptionValue, printOption } from './option-values';
import { type Format, indexed, type ParameterSchema, type PropertyFormat } from './schema';

const text = (): ParameterSchema => ({ type: 'string', optional: true });
const flag: ParameterSchema = { type: 'boolean', optional: true };
const integer = (minimum: number, maximum?: number): ParameterSchema => ({
  type: 'integer',
  optional: true,
  minimum,
  maximum,
});
const choice = (...values: string[]): ParameterSchema => ({ type: 'string', optional: true, enum: values });
const properties = (format: PropertyFormat): ParameterSchema => ({ type: 'string', optional: true, format });
const checked = (format: Format): ParameterSchema => ({ type: 'string', optional: true, format });

/** Every option but the indexed devices. */
const OPTIONS: Readonly<Record<string, ParameterSchema>> = {
  acpi: flag,
  agent: properties(AGENT),
  arch: choice('x86_64', 'aarch64'),
  args: text(),
  autostart: flag,
  balloon: integer(0),
  bios: choice('seabios', 'ovmf'),
  boot: properties(BOOT),
  cicustom: properties(CUSTOM),
  cipassword: text(),
  citype: choice('configdrive2', 'nocloud', 'opennebula'),
  ciupgrade: flag,
  ciuser: text(),
  cores: integer(1),
  cpu: properties(CPU),
  cpulimit: { type: 'number', optional: true, minimum: 0, maximum: 128 },
  cpuunits: integer(1, 262144),
  description: { type: 'string', optional: true, maxLength: 8192, controls: 'lines' },
  hookscript: checked(volumeId),
  hotplug: checked(hotplug),
  keyboard: choice(...KEYBOARDS),
  kvm: flag,
  localtime: flag,
  lock: choice(
    ...['backup', 'clone', 'create', 'migrate', 'rollback', 'snapshot', 'snapshot-delete'],
    ...['suspending', 'suspended'],
  ),
  machine: properties(MACHINE),
  memory: { type: 'string', optional: true, format: MEMORY },
  name: checked(dnsName),
  nameserver: checked(addressList),
  numa: flag,
  onboot: flag,
  ostype: choice(
    ...[
      'other',
      'wxp',
      'w2k',
      'w2k3',
      'w2k8',
      'wvista',
      'win7',
      'win8',
      'win10',
      'win11',
      'l24',
      'l26',
      'solaris',
    ],
  ),
  protection: flag,
  reboot: flag,
  rng0: properties(RNG),
  scsihw: choice('lsi', 'lsi53c810', 'virtio-scsi-pci', 'virtio-scsi-single', 'megasas', 'pvscsi'),
  searchdomain: text(),
  shares: integer(0, 50000),
  smbios1: { type: 'string', optional: true, maxLength: 512, format: SMBIOS },
  sockets: integer(1),
  sshkeys: checked(urlEncoded),
  startup: checked(startupOrder),
  tablet: flag,
  tags: checked(tagList),
  template: flag,
  vcpus: integer(1),
  vga: properties(VGA),
  vmgenid: { type: 'string', optional: true, pattern: VM_GENERATION_ID },
  watchdog: properties(WATCHDOG),
};

/** Parameters of POST qemu and PUT config that are options of the guest. */
export const OPTION_PARAMETERS: Readonly<Record<string, ParameterSchema>> = {
  ...OPTIONS,
  ...DRIVE_PARAMETERS,
  ...NIC_PARAMETERS,
  ...indexed('ipconfig', 32, { type: 'string', format: IP_CONFIG }),
  ...indexed('serial', 4, { type: 'string', pattern: /^(socket|\/dev\/[^,]+)$/ }),
};

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
