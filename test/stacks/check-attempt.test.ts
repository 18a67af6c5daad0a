import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkAttempt } from '../../stacks/check-attempt';
import { labWith } from './synthesized';

const wanted = labWith((draft) => {
  draft.guests = draft.guests.slice(0, 1);
});
let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'attempt-'));
  file = join(directory, 'terraform.lab.tfstate');
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const resource = (type: string, name: string, attributes: object) => ({
  mode: 'managed',
  type,
  name,
  instances: [{ attributes }],
});
const check = resource('terraform_data', 'node-check_9C845B8D', {
  triggers_replace: { value: { attempt: 'one' } },
});
const bridge = (name: string, node_name = 'pve') =>
  resource('proxmox_network_linux_bridge', `${name}_bridge`, { name, node_name });
const vm = resource('proxmox_virtual_environment_vm', 'guest-129', { vm_id: 129 });
const write = (...resources: object[]) => writeFileSync(file, JSON.stringify({ version: 4, resources }));

test('a lab that is wholly there keeps the attempt that made it, so that a plan shows no change', () => {
  write(check, bridge('vmbr10'), bridge('vmbr20'), vm);
  expect(checkAttempt(file, wanted, 'two')).toBe('one');
});

test('whatever is still to be made has the node looked at again', () => {
  expect(checkAttempt(file, wanted, 'two')).toBe('two');
  write(check, bridge('vmbr10'), vm);
  expect(checkAttempt(file, wanted, 'two')).toBe('two');
  write(check, bridge('vmbr10'), bridge('vmbr20'));
  expect(checkAttempt(file, wanted, 'two')).toBe('two');
  write(bridge('vmbr10'), bridge('vmbr20'), vm);
  expect(checkAttempt(file, wanted, 'two')).toBe('two');
  writeFileSync(file, '{');
  expect(checkAttempt(file, wanted, 'two')).toBe('two');
});

test('a guest that is gone from the node is still to be made, although the state has it', () => {
  write(check, bridge('vmbr10'), bridge('vmbr20'), vm);
  expect(checkAttempt(file, wanted, 'two', [129])).toBe('two');
  expect(checkAttempt(file, wanted, 'two', [7])).toBe('one');
});

test("a lab under the short names of the provider's 1.0 is there as much as one under the long ones", () => {
  write(check, bridge('vmbr10'), bridge('vmbr20'), resource('proxmox_vm', 'guest-129', { vm_id: 129 }));
  expect(checkAttempt(file, wanted, 'two')).toBe('one');
});

test('a bridge that another node of the lab lacks is still to be made, also where the own one has it', () => {
  const onTwo = labWith((draft) => {
    draft.guests = draft.guests.slice(0, 1);
    Object.assign(draft.guests[0] ?? {}, { node: 'pve2' });
  });
  write(check, bridge('vmbr10'), bridge('vmbr20'), vm);
  expect(checkAttempt(file, onTwo, 'two')).toBe('two');
  write(check, bridge('vmbr10'), bridge('vmbr20'), bridge('vmbr10', 'pve2'), vm);
  expect(checkAttempt(file, onTwo, 'two')).toBe('one');
});
