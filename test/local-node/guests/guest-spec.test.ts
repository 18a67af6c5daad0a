import { parseDrive } from '../../../local-node/formats/drive';
import { guestSpec } from '../../../local-node/guests/guest-spec';

const volume = {
  volid: 'local-lvm:100/vm-100-disk-0.qcow2',
  path: '/disk.qcow2',
  format: 'qcow2',
  content: 'images',
  storage: 'local-lvm',
} as never;

test.each([
  ['none', ',cache=none'],
  ['directsync', ',cache=directsync'],
  [undefined, ''],
])('a disk has the cache mode of its drive: %s', (cache, option) => {
  const drive = parseDrive(`local-lvm:100/vm-100-disk-0.qcow2${option},size=8G`);
  expect(guestSpec(100, new Map([['scsi0', drive]]), () => volume).disks).toMatchObject([
    { slot: 'scsi0', cache },
  ]);
});
