import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, rootHeaders, startTestNode, type TestNode } from '../test-node';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  const { data } = await callApi(lab, 'POST', '/nodes/pve/qemu', { vmid: '100' });
  await lab.node.tasks.wait(data as string, 30);
});

afterEach(() => lab.close());

test.each([
  ['sshkeys', 'ssh-rsa', 'SSH public key validation error'],
  ['sshkeys', 'no key at all', 'SSH public key validation error'],
  ['hookscript', 'local:iso/x.iso', "'local:iso/x.iso' is not in the snippets directory"],
  ['hookscript', 'local:snippets/no.sh', "script 'local:snippets/no.sh' does not exist"],
])('%s=%j is refused when a guest is made and when it is changed', async (name, value, fault) => {
  const root = await rootHeaders(lab);
  const form = { [name]: name === 'sshkeys' ? encodeURIComponent(value) : value };
  const refusal = { status: 500, message: `${fault}\n` };
  expect(await callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', form, root)).toMatchObject(refusal);
  expect(await callApi(lab, 'POST', '/nodes/pve/qemu', { ...form, vmid: '102' }, root)).toMatchObject(
    refusal,
  );
});

test('a hook script must be executable', async () => {
  const root = await rootHeaders(lab);
  const script = join(lab.node.storage.get('local').path, 'snippets', 'hook.sh');
  mkdirSync(join(script, '..'), { recursive: true });
  writeFileSync(script, '#!/bin/sh\n', { mode: 0o600 });
  const put = () =>
    callApi(lab, 'PUT', '/nodes/pve/qemu/100/config', { hookscript: 'local:snippets/hook.sh' }, root);
  expect(await put()).toMatchObject({ message: "script 'local:snippets/hook.sh' is not executable\n" });
  chmodSync(script, 0o700);
  expect(await put()).toMatchObject({ status: 200 });
});
