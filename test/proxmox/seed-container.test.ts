import type { ApiClient } from '../../proxmox/api-client';
import type { Shell } from '../../proxmox/node-shell';
import { seedContainer } from '../../proxmox/seed-container';

const TAG = 'lab-0a1b2c3d';
const files = { 'meta-data': 'instance-id: lab-1\n', 'user-data': "#cloud-config\nhostname: 'x'\n" };
const guest = { kind: 'container', vmid: 129, name: 'wordpress' } as const;

/** A node with one container; `inside`: what its seed's files hold. */
function node(container: { tags: string; status: string; inside?: Readonly<Record<string, string>> }) {
  const done: string[] = [];
  let input = '';
  const client = {
    node: (path: string) => `nodes/pve/${path}`,
    get: async (path: string) => (path.endsWith('config') ? { tags: container.tags } : container),
    post: async (path: string) => done.push(path.split('/').at(-1) ?? ''),
    wait: async () => undefined,
  } as unknown as ApiClient;
  const run: Shell['run'] = async (command, options) => {
    if (command[0] !== 'pct') {
      done.push('seed');
      input = options?.stdin ?? '';
      return { stdout: '', stderr: '', code: 0 };
    }
    const stdout = container.inside?.[command.at(-1)?.split('/').at(-1) ?? ''];
    return stdout === undefined
      ? { stdout: '', stderr: 'cat: No such file or directory', code: 1 }
      : { stdout, stderr: '', code: 0 };
  };
  const shell: Shell = { run, start: () => Promise.reject(new Error('nothing is to be started')) };
  return { done, seed: () => seedContainer(client, shell, guest, { files, tag: TAG }), input: () => input };
}

test('a new container gets its files, and only then is started', async () => {
  const fresh = node({ tags: `lab;${TAG}`, status: 'stopped' });
  await fresh.seed();
  expect(fresh.done).toEqual(['seed', 'start']);
  expect(JSON.parse(fresh.input())).toEqual(files);
});

test('one that runs with its seed is left alone', async () => {
  const seeded = node({ tags: TAG, status: 'running', inside: files });
  await seeded.seed();
  expect(seeded.done).toEqual([]);
});

test('one that runs with another seed, or with none, is stopped for it', async () => {
  for (const inside of [{}, { ...files, 'user-data': 'other' }]) {
    const other = node({ tags: TAG, status: 'running', inside });
    await other.seed();
    expect(other.done).toEqual(['stop', 'seed', 'start']);
  }
});

test("a container without the lab's tag is not touched", async () => {
  const foreign = node({ tags: 'lab', status: 'stopped' });
  await expect(foreign.seed()).rejects.toThrow(
    "container 129 lacks the tag lab-0a1b2c3d: it is not the lab's",
  );
  expect(foreign.done).toEqual([]);
});
