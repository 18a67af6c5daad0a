import { utils } from 'ssh2';
import { hostKeys } from '../../../../local-node/engine/lxc/host-keys';

test('a container gets a host key of each kind that belongs to its public one', async () => {
  const log: string[] = [];
  const files = await hostKeys('ct1', (line) => log.push(line));
  expect(files.map(({ path, mode }) => [path, mode])).toEqual(
    ['rsa', 'ecdsa', 'ed25519'].flatMap((kind) => [
      [`/etc/ssh/ssh_host_${kind}_key`, 0o600],
      [`/etc/ssh/ssh_host_${kind}_key.pub`, undefined],
    ]),
  );
  for (const { path, text } of files.filter(({ path: one }) => !one.endsWith('.pub'))) {
    const key = utils.parseKey(text);
    if (key instanceof Error) throw key;
    const shown = files.find((file) => file.path === `${path}.pub`)?.text;
    expect(shown).toBe(`${key.type} ${key.getPublicSSH().toString('base64')} root@ct1\n`);
  }
  expect(log[1]).toMatch(/^done: SHA256:[\w+/]{43} root@ct1$/);
});
