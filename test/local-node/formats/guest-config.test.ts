import fc from 'fast-check';
import { parseDrive, parseSize, printDrive, printSize } from '../../../local-node/formats/drive';
import {
  digestOf,
  effectiveValues,
  formatGuestConfig,
  type GuestConfig,
  parseGuestConfig,
} from '../../../local-node/formats/guest-config';
import { parseNic, printNic } from '../../../local-node/formats/nic';
import { hashPassword } from '../../../local-node/guests/password-hash';

const FILE = `#first line
#100%25 of it
cores: 2
memory: 512
net0: virtio=BC:24:11:BE:E5:E8,bridge=vmbr0

[PENDING]
delete: net1
memory: 2048
`;

test('a configuration file is read with description, pending changes and deletions', () => {
  const config = parseGuestConfig(FILE);

  expect(config.values.get('description')).toBe('first line\n100% of it');
  expect(config.values.get('cores')).toBe('2');
  expect(config.pendingDelete).toEqual(new Set(['net1']));
  expect(effectiveValues(config).get('memory')).toBe('2048');
  expect(formatGuestConfig(config)).toBe(FILE);
});

test('any values survive being written and read', () => {
  const name = fc
    .stringMatching(/^[a-z]{2,8}[0-9]?$/)
    // The names of drives and interfaces have values of their own form.
    .filter((key) => !/^(delete|description|(net|ide|scsi|sata)\d)$/.test(key));
  const value = fc.stringMatching(/^[!-~]([ -~]{0,30}[!-~])?$/);
  const values = fc.array(fc.tuple(name, value)).map((pairs) => new Map(pairs));
  const description = fc.option(
    fc.string({ unit: fc.constantFrom('a', '%', '\n', 'ä', '#', '[', ']'), minLength: 1 }),
    {
      nil: undefined,
    },
  );
  fc.assert(
    fc.property(values, values, description, (current, pending, text) => {
      if (text !== undefined) current.set('description', text);
      const config: GuestConfig = {
        values: current,
        pending,
        pendingDelete: new Set(),
        cloudInitOnDrive: new Map(),
        snapshots: new Map([['s1', current]]),
      };
      expect(parseGuestConfig(formatGuestConfig(config))).toEqual(config);
    }),
  );
});

test('a line that is no option is refused with its number', () => {
  expect(() => parseGuestConfig('cores: 1\nnonsense\n')).toThrow(
    "line 2 is no option of a guest: 'nonsense'",
  );
});

test('the digest changes with the configuration', () => {
  const config = parseGuestConfig(FILE);
  const changed = parseGuestConfig(FILE.replace('cores: 2', 'cores: 3'));
  expect(digestOf(config)).toMatch(/^[0-9a-f]{40}$/);
  expect(digestOf(changed)).not.toBe(digestOf(config));
});

test('a drive is printed with its volume first and its properties by name', () => {
  const sent =
    'file=local-lvm:500/vm-500-disk-0.qcow2,aio=io_uring,iothread=0,discard=ignore,size=5G,backup=1';
  expect(printDrive(parseDrive(sent))).toBe(
    'local-lvm:500/vm-500-disk-0.qcow2,aio=io_uring,backup=1,discard=ignore,iothread=0,size=5G',
  );
});

test('a network interface is read in its short and its long form', () => {
  const printed = 'virtio=BC:24:11:68:EC:2F,bridge=vmbr7,firewall=0';
  expect(printNic(parseNic('model=virtio,macaddr=BC:24:11:68:EC:2F,bridge=vmbr7,firewall=0'))).toBe(printed);
  expect(printNic(parseNic(printed))).toBe(printed);
  expect(() => parseNic('bridge=vmbr0', 'net0')).toThrow('net0.model: property is missing');
});

test('sizes are read with binary units and printed as the shortest whole number', () => {
  expect(parseSize('1.5G')).toBe(1610612736);
  expect(printSize(5368709120)).toBe('5G');
  expect(printSize(1610612736)).toBe('1536M');
  expect(printSize(1000)).toBe('1000');
  expect(() => parseSize('big')).toThrow("'big' is no size");
});

test('a password is hashed as crypt(3) does it with SHA-256', () => {
  expect(hashPassword('Hello world!', 'saltstring')).toBe(
    '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5',
  );
  expect(hashPassword('ä longer pässword with more than thirty-two bytes', 'abcdefgh')).toBe(
    '$5$abcdefgh$vrU07zSHU0XgwaWo6nJb4.BaNLwkMKX3LNgDxG.4Di5',
  );
});
