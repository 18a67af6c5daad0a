import type { GuestSpec } from '../../../../local-node/engine/guest-engine';
import { qemuArguments } from '../../../../local-node/engine/qemu/qemu-arguments';
import { tapBytes, tapsOf } from '../../../../local-node/engine/qemu/qemu-guest';

const spec: GuestSpec = {
  vmid: 129,
  name: 'wordpress',
  cpus: 2,
  memoryMiB: 1024,
  scsiController: 'virtio-scsi-single',
  disks: [
    { slot: 'scsi0', path: '/state/vm-129-disk-0.qcow2', format: 'qcow2', media: 'disk' },
    { slot: 'ide2', path: '/state/vm-129-cloudinit.iso', format: 'raw', media: 'cdrom' },
  ],
  nics: [{ index: 0, model: 'virtio', mac: 'BC:24:11:00:00:01', bridge: 'vmbr10', linkDown: false }],
  bootOrder: ['scsi0', 'net0'],
  agent: true,
  serial: true,
  screen: true,
  kvm: true,
};
const options = { kvm: false, consoleLog: '/state/log/console-129.log', ioUring: true };

/** Values of one option, in order. */
function valuesOf(argv: readonly string[], name: string): string[] {
  return argv.flatMap((argument, index) => (argument === name ? [argv[index + 1] ?? ''] : []));
}

test('cpus, memory and accelerator are those of the guest', () => {
  const emulated = qemuArguments(spec, options);
  expect(valuesOf(emulated, '-smp')).toEqual(['2']);
  expect(valuesOf(emulated, '-m')).toEqual(['1024M']);
  expect(valuesOf(emulated, '-accel')).toEqual([expect.stringMatching(/^tcg,/)]);
  expect(valuesOf(qemuArguments(spec, { ...options, kvm: true }), '-accel')).toEqual(['kvm']);
});

test('disks hang on their bus and boot in the order of the configuration', () => {
  const devices = valuesOf(qemuArguments(spec, options), '-device');
  expect(devices).toContain('virtio-scsi-pci,id=scsihw0');
  expect(devices).toContain('scsi-hd,bus=scsihw0.0,scsi-id=0,drive=drive-scsi0,id=scsi0,bootindex=100');
  expect(devices).toContain('ide-cd,bus=ide.1,unit=0,drive=drive-ide2,id=ide2');
  const network = devices.find((device) => device.startsWith('virtio-net-pci'));
  expect(network).toMatch(/mac=BC:24:11:00:00:01,bootindex=101$/);
});

test('a disk is cached as its configuration says, and without a word in the way that deploys fastest', () => {
  const drives = (cache?: 'none' | 'writethrough') => {
    const disks = spec.disks.map((disk) => ({ ...disk, cache }));
    const found = valuesOf(qemuArguments({ ...spec, disks }, options), '-drive');
    return found.map((drive) => /cache=\w+/.exec(drive)?.[0]);
  };
  expect(drives('none')).toEqual(['cache=none', undefined]);
  expect(drives('writethrough')).toEqual(['cache=writethrough', undefined]);
  expect(drives()).toEqual(['cache=unsafe', undefined]);
});

test('a disk gives space back, is read and served as its configuration says', () => {
  const [disk] = spec.disks;
  if (!disk) throw new Error('the guest has no disk');
  const argv = (change: Partial<typeof disk>, ioUring = true, scsiController = 'virtio-scsi-single') =>
    qemuArguments({ ...spec, scsiController, disks: [{ ...disk, ...change }] }, { ...options, ioUring });
  const drive = (...given: Parameters<typeof argv>) => valuesOf(argv(...given), '-drive')[0];
  expect(drive({ discard: true })).toContain('discard=unmap,detect-zeroes=unmap');
  expect(drive({})).toMatch(/discard=ignore,detect-zeroes=on$/);
  expect(drive({ aio: 'native' })).toMatch(/,aio=native$/);
  expect(drive({ aio: 'io_uring' })).toMatch(/,aio=io_uring$/);
  expect(drive({ aio: 'io_uring' }, false)).toMatch(/,aio=threads$/);
  const threaded = argv({ iothread: true });
  expect(valuesOf(threaded, '-object')).toEqual(['iothread,id=iothread-scsi0']);
  expect(valuesOf(threaded, '-device')).toContain('virtio-scsi-pci,id=scsihw0,iothread=iothread-scsi0');
  expect(argv({ iothread: true, slot: 'virtio0' }).join(' ')).toContain(
    'virtio-blk-pci,iothread=iothread-virtio0',
  );
});

test('a disk that shares its controller has no thread of its own, as on Proxmox VE', () => {
  const disks = spec.disks.map((disk) => ({ ...disk, iothread: true }));
  expect(
    qemuArguments({ ...spec, disks, scsiController: 'virtio-scsi-pci' }, options).join(' '),
  ).not.toContain('iothread');
});

test('virtio-scsi-single gives each disk a controller, virtio-scsi-pci one to all', () => {
  const disks = [0, 3].map((index) => ({
    slot: `scsi${index}`,
    path: `/d${index}`,
    format: 'raw' as const,
    media: 'disk' as const,
  }));
  const controllers = (scsiController: string) =>
    valuesOf(qemuArguments({ ...spec, disks, scsiController }, options), '-device').filter((device) =>
      device.startsWith('virtio-scsi-pci'),
    );
  expect(controllers('virtio-scsi-single')).toEqual([
    'virtio-scsi-pci,id=scsihw0',
    'virtio-scsi-pci,id=scsihw3',
  ]);
  expect(controllers('virtio-scsi-pci')).toEqual(['virtio-scsi-pci,id=scsihw0']);
});

test('it may neither start programs nor gain rights, and stays a process that its starter sees', () => {
  const argv = qemuArguments(spec, options);
  expect(valuesOf(argv, '-sandbox')).toEqual([
    'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
  ]);
  expect(argv).not.toContain('-daemonize');
});

test('a path with a comma stays one value', () => {
  const disk = { slot: 'virtio0', path: '/a,readonly=on', format: 'raw' as const, media: 'disk' as const };
  const [drive] = valuesOf(qemuArguments({ ...spec, disks: [disk] }, options), '-drive');
  expect(drive).toMatch(/^file=\/a,,readonly=on,if=none/);
});

test('without agent and serial port neither device is there', () => {
  const argv = qemuArguments({ ...spec, agent: false, serial: false }, options).join(' ');
  expect(argv).not.toContain('guest_agent');
  expect(argv).not.toContain('isa-serial');
});

test.each([
  [
    'a slot',
    { disks: [{ slot: 'floppy0', path: '/x', format: 'raw' as const, media: 'disk' as const }] },
    /floppy0/,
  ],
  ['a SCSI controller', { scsiController: 'imaginary' }, /imaginary/],
])('%s that QEMU does not have is refused by name', (_what, change, message) => {
  expect(() => qemuArguments({ ...spec, ...change }, options)).toThrow(message);
});

const NET_DEV = `Inter-|   Receive                            |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
tap129i0:     700       7    0    0    0     0          0         0     5000      50    0    0    0     0       0          0
tap129i1:      30       1    0    0    0     0          0         0      200       2    0    0    0     0       0          0
tap1290i0:    9999       1    0    0    0     0          0         0     9999       2    0    0    0     0       0          0
`;

test("a guest's traffic is the sum over its own taps, seen from its side", () => {
  expect(tapsOf(129, NET_DEV).map((tap) => tap.name)).toEqual(['tap129i0', 'tap129i1']);
  expect(tapBytes(129, NET_DEV)).toEqual({ netInBytes: 5200, netOutBytes: 730 });
});
