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
const bridge = (name: string) => resource('proxmox_network_linux_bridge', `${name}_bridge`, { name });
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
