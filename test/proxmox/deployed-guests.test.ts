import { labIdentity } from '../../config/lab-identity';
import type { ApiClient } from '../../proxmox/api-client';
import { goneGuests, refuseForeignGuests } from '../../proxmox/deployed-guests';

const identity = labIdentity('0a1b2c3d-0000-4000-8000-000000000000');
const address = 'proxmox_virtual_environment_vm.guest-129_vm_76064D47';
const guests = [{ address, vmid: 129, kind: 'vm' as const, name: 'wordpress', ipAddress: '192.168.10.29' }];
const lab = { name: 'lab' };

const node = (...rows: readonly object[]) =>
  ({ get: async (path: string) => (path === 'cluster/resources' ? rows : '129') }) as unknown as Pick<
    ApiClient,
    'get'
  >;
const row = { vmid: 129, type: 'qemu', name: 'x', node: 'pve', status: 'running' };

test("a VM of the state that is the lab's, or is gone, is no obstacle", async () => {
  await refuseForeignGuests(node({ ...row, tags: 'lab-0a1b2c3d' }), { identity, guests }, lab, false);
  await refuseForeignGuests(node(), { identity, guests }, lab, false);
});

test('a VM of somebody else in its place is refused, with the ways to give back its tag or to forget it', async () => {
  const refusal = refuseForeignGuests(node({ ...row, tags: 'lab' }), { identity, guests }, lab, true);
  await expect(refusal).rejects.toThrow('VM 129 "x" on node pve');
  await expect(refusal).rejects.toThrow('another vmid in lab.yaml. Free are for example 130.');
  await expect(refusal).rejects.toThrow('qm set 129 --tags lab-0a1b2c3d');
  await expect(refusal).rejects.toThrow(`terraform state rm -state=terraform.lab.tfstate ${address}`);
});

test('a container in its place does not keep the lab from being destroyed: Terraform finds no VM there', async () => {
  await refuseForeignGuests(node({ ...row, type: 'lxc' }), { identity, guests }, lab, false);
});

test('a VM of the state that somebody has removed is gone, so that its vmid is asked for again before it is made', async () => {
  expect(await goneGuests(node(), guests)).toEqual([129]);
  expect(await goneGuests(node(row), guests)).toEqual([]);
});

test('guests of a version without identities are taken over only when that is asked for', async () => {
  const older = { identity: undefined, guests };
  const own = node({ ...row, tags: 'lab;wordpress' });
  await expect(refuseForeignGuests(own, older, lab, false)).rejects.toThrow(
    /VM 129 wordpress.*LAB_TAKE_OVER=yes/s,
  );
  await refuseForeignGuests(own, older, lab, true);
  await expect(refuseForeignGuests(node(row), older, lab, true)).rejects.toThrow('VM 129 "x"');
});

test("a container of the state that is somebody else's by now is refused, and a VM in its place is not", async () => {
  const deployed = { identity, guests: guests.map((guest) => ({ ...guest, kind: 'container' as const })) };
  const foreign = refuseForeignGuests(node({ ...row, type: 'lxc', tags: 'x' }), deployed, lab, false);
  await expect(foreign).rejects.toThrow('pct set 129 --tags lab-0a1b2c3d');
  await refuseForeignGuests(node({ ...row, type: 'qemu', tags: 'x' }), deployed, lab, false);
  const own = node({ ...row, type: 'lxc', tags: 'lab;lab-0a1b2c3d' });
  await refuseForeignGuests(own, deployed, lab, false);
});
