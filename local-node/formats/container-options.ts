/** The options of a container that the local node keeps, with their types. Each stays the text that was given. */
import { optionSchemas, propertyFormat } from './call-parameters';
import { CONTAINER_NIC_PARAMETERS } from './container-nic';
import { volumeId } from './option-formats';
import { type Format, indexed, type ParameterSchema, type PropertyFormat, type StringSchema } from './schema';

const flag = { type: 'boolean', optional: true } as const;
const text: StringSchema = { type: 'string', optional: true };
const checked = (format: Format): StringSchema => ({ type: 'string', optional: true, format });

const size: StringSchema = { ...text, pattern: /^\d+(\.\d+)?[KMGT]?$/ };

/** The volume that holds a container's root file system. */
export const ROOTFS: PropertyFormat = {
  refused: Object.keys(propertyFormat('rootfs').keys),
  defaultKey: 'volume',
  keys: {
    volume: { type: 'string', pattern: /^[^,\s]+$/ },
    acl: flag,
    mountoptions: {
      ...text,
      pattern:
        /^(discard|lazytime|noatime|nodev|noexec|nosuid)(;(discard|lazytime|noatime|nodev|noexec|nosuid))*$/,
    },
    quota: flag,
    replicate: flag,
    ro: flag,
    shared: flag,
    size,
  },
};

const place: Format = (value) => {
  if (/(^|\/)\.\.?(\/|$)/.test(value)) throw new Error(`${value} contains illegal character sequences`);
};

const MOUNT_POINT: PropertyFormat = {
  defaultKey: 'volume',
  keys: { ...ROOTFS.keys, backup: flag, keepattrs: flag, mp: { type: 'string', format: place } },
};

const UNUSED: PropertyFormat = {
  defaultKey: 'volume',
  keys: { volume: { type: 'string', format: volumeId } },
};

/** What Proxmox VE knows of containers and the local node refuses once it is well formed. */
export const REFUSED_CONTAINER_OPTIONS: Readonly<Record<string, ParameterSchema>> = {
  ...indexed('mp', 256, { type: 'string', format: MOUNT_POINT }),
  ...indexed('unused', 256, { type: 'string', format: UNUSED }),
};

/** Here the recorded words name no tag. */
const tags: Format = (value) => {
  for (const tag of value.split(/[;, ]/).filter(Boolean)) {
    if (!/^[a-z0-9_][a-z0-9_\-+.]*$/i.test(tag)) throw new Error('invalid characters in tag');
  }
};

const OPTIONS = [
  'arch cmode console cores cpulimit cpuunits debug description features hookscript hostname lock',
  'memory nameserver onboot ostype protection searchdomain startup swap template timezone tty',
  'unprivileged',
].join(' ');

/** Parameters of POST lxc and PUT config that are options of the container. */
export const CONTAINER_OPTIONS: Readonly<Record<string, ParameterSchema>> = {
  ...optionSchemas('POST /nodes/{node}/lxc', OPTIONS.split(' ')),
  rootfs: { ...text, format: ROOTFS },
  tags: checked(tags),
  ...CONTAINER_NIC_PARAMETERS,
};

/** Those of mount points, devices and unused volumes are known, though no container here has any. */
export function isContainerOption(name: string): boolean {
  return Object.hasOwn(CONTAINER_OPTIONS, name) || name === 'parent' || /^(mp|dev|unused)\d{1,3}$/.test(name);
}

/** An option as the API gives it back: integers and booleans are numbers, a description ends its last line. */
export function presentContainerOption(name: string, value: string): string | number {
  const type = Object.hasOwn(CONTAINER_OPTIONS, name) ? CONTAINER_OPTIONS[name]?.type : undefined;
  if (name === 'snaptime') return Number(value); // of a snapshot
  if (type === 'integer' || type === 'boolean') return Number(value);
  return name === 'description' ? `${value}\n` : value;
}

/** Options that a running container takes at once; all others wait for its next start. */
export function appliesToRunning(name: string): boolean {
  return (
    /^net\d+$/.test(name) ||
    ['arch', 'cmode', 'console', 'cores', 'cpulimit', 'cpuunits', 'debug', 'description'].includes(name) ||
    ['hookscript', 'hostname', 'lock', 'memory', 'onboot', 'ostype', 'protection', 'startup'].includes(
      name,
    ) ||
    ['swap', 'tags', 'template', 'timezone', 'tty'].includes(name)
  );
}

/** Which privilege on a container a change of an option needs; undefined = root@pam alone may change it. */
export function containerPrivilege(name: string): string | undefined {
  if (['cores', 'cpulimit', 'cpuunits'].includes(name)) return 'VM.Config.CPU';
  if (['memory', 'swap'].includes(name)) return 'VM.Config.Memory';
  if (/^net\d+$/.test(name) || ['nameserver', 'searchdomain', 'hostname'].includes(name))
    return 'VM.Config.Network';
  if (name === 'rootfs') return 'VM.Config.Disk';
  return ['hookscript', 'lock'].includes(name) ? undefined : 'VM.Config.Options';
}

export const CONTAINER_CONFIG_PRIVILEGES: readonly string[] = [
  ...['VM.Config.Disk', 'VM.Config.CPU', 'VM.Config.Memory', 'VM.Config.Network', 'VM.Config.Options'],
];
