import { ContainerAccess } from '../../proxmox/container-access';
import type { CommandResult, Shell } from '../../proxmox/node-shell';

/** A node on which every command ends as given. */
function node(result: Partial<CommandResult>) {
  const asked: { command: readonly string[]; options: Parameters<Shell['run']>[1] }[] = [];
  const run: Shell['run'] = async (command, options) => {
    asked.push({ command, options });
    return { stdout: '', stderr: '', code: 0, ...result };
  };
  return { asked, access: new ContainerAccess({ run }, { vmid: 129 }) };
}

test('a program runs by pct exec, its words and its input as they are', async () => {
  const { asked, access } = node({ code: 7, stdout: 'out\n', stderr: 'err\n' });
  const ended = await access.exec(['sh', '-c', 'exit "7"'], { input: 'words', timeoutSeconds: 5 });
  expect(ended).toEqual({ exitCode: 7, stdout: 'out\n', stderr: 'err\n' });
  expect(asked[0]?.command).toEqual(['pct', 'exec', '129', '--', 'sh', '-c', 'exit "7"']);
  expect(asked[0]?.options).toMatchObject({ stdin: 'words', allowFailure: true });
});

test.each([
  [{ code: 255, stderr: 'container 129 not running!\n' }, 'guest-stopped'],
  [{ code: 2, stderr: "Configuration file 'nodes/pve/lxc/129.conf' does not exist\n" }, 'guest-vanished'],
])('a container that cannot be asked is told from a program that fails: %j', async (result, fault) => {
  await expect(node(result).access.exec(['true'])).rejects.toMatchObject({ fault });
});

test("a program's own exit codes 2 and 255 are no faults of the container", async () => {
  for (const code of [2, 255]) {
    expect(await node({ code, stderr: 'no such option' }).access.exec(['x'])).toMatchObject({
      exitCode: code,
    });
  }
});

test('a program that still runs when its time is over is named', async () => {
  await expect(node({ code: null }).access.exec(['sleep', '100'], { timeoutSeconds: 1 })).rejects.toThrow(
    'guest 129: sleep 100 still runs',
  );
});

test('a file that is not there is told from one that cannot be read', async () => {
  expect(await node({ stdout: 'text' }).access.readFile('/etc/hostname')).toBe('text');
  const absent = { code: 1, stderr: 'cat: /nope: No such file or directory\n' };
  expect(await node(absent).access.readFile('/nope')).toBeUndefined();
  const refused = { code: 1, stderr: 'cat: /etc/shadow: Permission denied\n' };
  await expect(node(refused).access.readFile('/etc/shadow')).rejects.toThrow('Permission denied');
});
