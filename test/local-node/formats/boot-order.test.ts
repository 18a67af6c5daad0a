import { defaultBoot } from '../../../local-node/formats/boot-order';
import { parseOptions } from '../../../local-node/formats/option-values';

const boot = (options: Record<string, string>) => defaultBoot(parseOptions(Object.entries(options)));

test('a new guest boots from its first disk, its first CD-ROM and its first network interface', () => {
  expect(
    boot({
      net10: 'virtio',
      net2: 'virtio',
      virtio0: 'local-lvm:100/vm-100-disk-0.raw',
      scsi10: 'local-lvm:100/vm-100-disk-1.raw',
      scsi2: 'local-lvm:100/vm-100-disk-2.raw',
      ide2: 'local:iso/x.iso,media=cdrom',
    }),
  ).toBe('order=scsi2;ide2;net2');
});

test('a new guest does not boot from its cloud-init drive, and one without devices has no order', () => {
  expect(boot({ ide2: 'local-lvm:100/vm-100-cloudinit.raw,media=cdrom' })).toBeUndefined();
});
