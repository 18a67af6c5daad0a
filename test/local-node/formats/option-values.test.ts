import fc from 'fast-check';
import {
  driveOf,
  drivesOf,
  nicsOf,
  parseOptions,
  printOption,
  textOf,
} from '../../../local-node/formats/option-values';

test('drives and interfaces are read as their parts, all other options stay their text', () => {
  const values = parseOptions([
    ['scsi0', 'local-lvm:100/vm-100-disk-0.qcow2,size=8G,discard=on,iothread=yes'],
    ['net0', 'virtio=BC:24:11:BE:E5:E8,bridge=vmbr0,firewall=0'],
    ['agent', 'enabled=1,fstrim_cloned_disks=1'],
    ['unused0', 'local-lvm:100/vm-100-disk-1.raw'],
  ]);
  expect(driveOf(values, 'scsi0')).toEqual({
    file: 'local-lvm:100/vm-100-disk-0.qcow2',
    size: '8G',
    discard: 'on',
    iothread: true,
  });
  expect(nicsOf(values)).toEqual([
    { index: 0, nic: { model: 'virtio', macaddr: 'BC:24:11:BE:E5:E8', bridge: 'vmbr0', firewall: false } },
  ]);
  expect(textOf(values, 'agent')).toBe('enabled=1,fstrim_cloned_disks=1');
  expect(driveOf(values, 'unused0')).toEqual({ file: 'local-lvm:100/vm-100-disk-1.raw' });
  expect(drivesOf(values).map(({ slot }) => slot)).toEqual(['scsi0']);
});

test('interfaces come in the order of their numbers, not of their names', () => {
  const values = parseOptions([2, 10, 1].map((index) => [`net${index}`, 'virtio,bridge=vmbr0'] as const));
  expect(nicsOf(values).map(({ index }) => index)).toEqual([1, 2, 10]);
});

test('a drive that cannot be read is refused by its name', () => {
  expect(() => parseOptions([['ide2', 'local:iso/a.iso,media=tape']])).toThrow(/ide2\.media: value 'tape'/);
});

test('a drive that is printed and read again is the same drive', () => {
  const drive = fc.record(
    {
      file: fc.stringMatching(/^[a-z]{1,8}:\d{3}\/vm-\d{3}-disk-\d\.(raw|qcow2)$/),
      cache: fc.constantFrom('none', 'writeback'),
      ssd: fc.boolean(),
      iops: fc.nat(),
      mbps: fc.double({ min: 0, max: 1e6, noNaN: true }).map((rate) => Math.abs(rate)),
      size: fc.stringMatching(/^\d{1,3}[KMGT]?$/),
    },
    { requiredKeys: ['file'] },
  );
  fc.assert(
    fc.property(drive, (given) => {
      expect(driveOf(parseOptions([['scsi0', printOption(given)]]), 'scsi0')).toEqual(given);
    }),
  );
});
