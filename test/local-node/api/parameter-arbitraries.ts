/** Values for the parameters of a call: such as their schema allows, and such as no schema should let through. */
import fc, { type Arbitrary } from 'fast-check';
import type { ParameterSchema } from '../../../local-node/formats/schema';

/** What the tests' node has, so that calls get beyond "does not exist"; not root and its token, by which the tests call. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  node: ['pve'],
  vmid: ['100', '101', '102'],
  newid: ['102', '103'],
  storage: ['local', 'local-lvm'],
  content: ['iso', 'images', 'import', 'snippets', 'iso,images'],
  volume: ['local:iso/a.iso', 'local-lvm:100/vm-100-disk-0.raw', 'local:snippets/a.yaml'],
  userid: ['someone@pve', 'new@pve'],
  tokenid: ['other'],
  roleid: ['Administrator', 'Own'],
  groupid: ['group'],
  poolid: ['pool'],
  pool: ['pool'],
  iface: ['vmbr0', 'vmbr7', 'lo'],
  disk: ['scsi0', 'ide2', 'unused0'],
  delete: ['scsi0', 'unused0', 'name', 'lock', 'tags'],
  path: ['/', '/vms/100', '/storage/local'],
};
const DEVICES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^(ide|sata|scsi|virtio)\d+$/, ['local-lvm:1', 'local-lvm:cloudinit', 'none,media=cdrom']],
  [/^net\d+$/, ['virtio,bridge=vmbr0', 'e1000=BC:24:11:00:00:01,bridge=vmbr0,tag=5']],
  [/^ipconfig\d+$/, ['ip=dhcp', 'ip=10.0.0.2/24,gw=10.0.0.1']],
];

/** Text that has broken a parser, a file or a path somewhere. `file` is one that the node must never touch. */
function hostile(file: string): Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      ...['', ' ', '0', '-1', '1e9', 'NaN', '99999999999999999999', '__proto__', 'constructor'],
      ...[
        'a\nargs: -daemonize',
        'a\r\nlock: create',
        '\u0000',
        '\u2028',
        '%0a',
        '[PENDING]',
        '#',
        ': ',
        ',,',
        '=,=',
      ],
      ...[file, `local:${file}`, `../../../..${file}`, 'local:../secret', 'local:iso/../../secret.txt'],
      ...[`file=${file}`, `local-lvm:0,import-from=${file}`, '$(id)', "'; id; '", 'a'.repeat(300)],
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ maxLength: 20 }),
  );
}

function allowed(name: string, schema: ParameterSchema): Arbitrary<string> {
  const known = NAMES[name] ?? DEVICES.find(([shape]) => shape.test(name))?.[1];
  if (known) return fc.constantFrom(...known);
  switch (schema.type) {
    case 'boolean':
      return fc.constantFrom('0', '1');
    case 'integer':
    case 'number': {
      const { minimum = 0, maximum = minimum + 1000 } = schema;
      return fc.oneof(
        fc.constantFrom(minimum, maximum).map(String),
        fc.integer({ min: Math.ceil(minimum), max: Math.floor(maximum) }).map(String),
      );
    }
    case 'array':
      return allowed(name, schema.items);
    case 'string':
      if ('parse' in schema) return fc.string();
      if (schema.enum) return fc.constantFrom(...schema.enum);
      return fc.stringMatching(/^[a-z][a-z0-9]{1,8}$/);
  }
}

/** A call's parameters by name: those that must be there, some of the others, few of them hostile. */
export function parameters(
  schemas: Readonly<Record<string, ParameterSchema>>,
  file: string,
): Arbitrary<Readonly<Record<string, string>>> {
  const all = Object.entries(schemas);
  const needed = all.filter(([, schema]) => !schema.optional);
  const optional = all.filter(([, schema]) => schema.optional);
  return fc
    .shuffledSubarray(optional, { maxLength: Math.min(4, optional.length) })
    .chain((some) =>
      fc.record(
        Object.fromEntries(
          [...needed, ...some].map(([name, schema]) => [
            name,
            fc.oneof(
              { weight: 5, arbitrary: allowed(name, schema) },
              { weight: 1, arbitrary: hostile(file) },
            ),
          ]),
        ),
      ),
    );
}
