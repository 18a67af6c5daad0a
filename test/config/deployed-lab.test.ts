import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDeployedLab } from '../../config/deployed-lab';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'deployed-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function read(state: string): ReturnType<typeof readDeployedLab> {
  const file = join(directory, 'terraform.lab.tfstate');
  writeFileSync(file, state);
  return readDeployedLab(file);
}

const uuid = '0a1b2c3d-0000-4000-8000-000000000000';
const nothing = { identity: undefined, guests: [], templateKey: undefined };
const vm = (name: string, attributes: object, instance: object = {}) => ({
  mode: 'managed',
  type: 'proxmox_virtual_environment_vm',
  name,
  instances: [{ ...instance, attributes }],
});
const identity = {
  mode: 'managed',
  type: 'terraform_data',
  name: 'identity',
  instances: [{ attributes: { input: { value: uuid, type: 'string' } } }],
};

const initialization = [{ ip_config: [{ ipv4: [{ address: '192.168.10.29/24' }] }] }];

test('a VM whose creation was cut off before it had a number is none', () => {
  const { guests } = read(
    JSON.stringify({ version: 4, resources: [identity, vm('a', { id: null, vm_id: null })] }),
  );
  expect(guests).toEqual([]);
  const empty = { ...vm('b', {}), instances: [] };
  expect(read(JSON.stringify({ version: 4, resources: [identity, empty] })).guests).toEqual([]);
});

test('the identity and the VMs of a state are read, those that were made in part too', () => {
  const resources = [
    identity,
    vm('guest-129_vm_1', { id: '129', vm_id: 129, name: 'wordpress', initialization }),
    vm('guest-116_vm_2', { id: '116', vm_id: 116, name: 'moodle' }, { status: 'tainted' }),
    {
      mode: 'managed',
      type: 'proxmox_virtual_environment_file',
      name: 'template-72859a2c_file_1',
      instances: [{ attributes: { file_name: 'lab-0a1b2c3d-template-72859a2c.qcow2' } }],
    },
    { mode: 'data', type: 'proxmox_virtual_environment_vms', name: 'vms', instances: [] },
  ];
  expect(read(JSON.stringify({ version: 4, resources }))).toEqual({
    identity: { uuid, tag: 'lab-0a1b2c3d' },
    guests: [
      {
        address: 'proxmox_virtual_environment_vm.guest-129_vm_1',
        vmid: 129,
        kind: 'vm',
        name: 'wordpress',
        ipAddress: '192.168.10.29',
      },
      { address: 'proxmox_virtual_environment_vm.guest-116_vm_2', vmid: 116, kind: 'vm', name: 'moodle' },
    ],
    templateKey: '72859a2c',
  });
});

test('a lab of a version without identities has guests and none', () => {
  const resources = [vm('wordpress_vm_5AE9A538', { vm_id: 129, name: 'wordpress' })];
  expect(read(JSON.stringify({ version: 4, resources }))).toMatchObject({
    identity: undefined,
    guests: [{ vmid: 129 }],
  });
});

test.each(['', '{"resources": [', '{"version": 4}'])('of the state %j nothing is deployed', (state) => {
  expect(read(state)).toEqual(nothing);
});

test('without a state nothing is deployed', () => {
  expect(readDeployedLab(join(directory, 'none'))).toEqual(nothing);
});
