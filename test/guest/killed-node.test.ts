import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTarget } from '../../config/load-target';
import { down, up } from '../../local-node/lifecycle';
import { identify, processesNaming, signal, waitForEnd } from '../../machine/processes';
import { ApiClient } from '../../proxmox/api-client';

/** The node is a process of its own with QEMU's tools and disks; no guest boots. */
jest.setTimeout(120_000);

/** Its bit in the masks of /proc/<pid>/status. */
const SIGPIPE = 1n << 12n;

const stateDir = mkdtempSync(join(tmpdir(), 'killed-node-'));
const env: NodeJS.ProcessEnv = {
  ...process.env,
  LAB_NODE_STATE: stateDir,
  LAB_NODE_PORT: '0',
  LAB_NODE_SSH_PORT: '0',
  XDG_DATA_HOME: join(stateDir, 'data'),
};
const images = join(stateDir, 'storage/local-lvm/images');
afterAll(() => down(env, { purge: true }));

/** Starts the node with the real qemu-img, or with one that never ends a conversion; returns its pid. */
async function bringUp(conversion: 'endless' | 'real'): Promise<number> {
  const path = conversion === 'real' ? env.PATH : `${withEndlessConversion()}:${env.PATH}`;
  await up({ ...env, PATH: path }, { engine: 'qemu', name: 'pve' });
  return (JSON.parse(readFileSync(join(stateDir, 'connection.json'), 'utf8')) as { pid: number }).pid;
}

/** A directory with a qemu-img that writes a part of a conversion's target and then nothing more. */
function withEndlessConversion(): string {
  const real = execFileSync('sh', ['-c', 'command -v qemu-img'], { encoding: 'utf8' }).trim();
  const directory = mkdtempSync(join(stateDir, 'bin-'));
  const lines = [
    '#!/bin/bash',
    `[ "$1" = convert ] || exec ${real} "$@"`,
    'for target; do :; done',
    'echo part >"$target"',
    'exec -a "$target" sleep 600',
  ];
  writeFileSync(join(directory, 'qemu-img'), `${lines.join('\n')}\n`, { mode: 0o755 });
  return directory;
}

async function withClient<T>(use: (client: ApiClient) => Promise<T>): Promise<T> {
  const client = new ApiClient(readTarget({ LAB_NODE_STATE: stateDir }, 'pve'));
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const clone = (client: ApiClient): Promise<string> =>
  client.post<string>(client.node('qemu/100/clone'), { newid: 101, full: 1 });

test('a node killed while it clones: the clone is neither there nor in the way, and the next one succeeds', async () => {
  const pid = await bringUp('endless');
  const upid = await withClient(async (client) => {
    const options = { vmid: 100, name: 'source', scsi0: 'local-lvm:1' };
    await client.wait(await client.post<string>(client.node('qemu'), options));
    return clone(client);
  });
  const target = join(images, '101', 'vm-101-disk-0.raw.partial');
  while (!existsSync(target) || readFileSync(target, 'utf8') === '') await sleep(20);
  // In namespaces of its own, with the program beside it that waits for its end.
  expect(processesNaming(target).map(({ commandLine }) => commandLine)).toContain(`${target} 600`);
  const daemon = identify(pid);
  process.kill(pid, 'SIGKILL');
  if (daemon) await waitForEnd(daemon, 10_000);

  await bringUp('real');
  await withClient(async (client) => {
    const guests = await client.get<{ vmid: number }[]>(client.node('qemu'));
    expect(guests.map(({ vmid }) => vmid)).toEqual([100]);
    expect(existsSync(join(images, '101'))).toBe(false);
    expect(processesNaming(join(images, '101'))).toEqual([]);
    const task = await client.get<{ status: string; exitstatus: string }>(
      client.node(`tasks/${encodeURIComponent(upid)}/status`),
    );
    expect(task).toMatchObject({ status: 'stopped' });
    expect(task.exitstatus).not.toBe('OK');
    await client.wait(await clone(client));
    expect(readdirSync(join(images, '101'))).toEqual(['vm-101-disk-0.raw']);
  });
});

test('a guest outlives the kill of its node in the middle of its work, and the next node finds it', async () => {
  const daemon = identify(await bringUp('real'));
  const running = join(stateDir, 'run/qemu-server/102.pid');
  await withClient(async (client) => {
    const options = { vmid: 102, name: 'runs', memory: 16, scsi0: 'local-lvm:1' };
    await client.wait(await client.post<string>(client.node('qemu'), options));
    await client.wait(await client.post<string>(client.node('qemu/102/status/start')));
  });
  const pid = Number(readFileSync(running, 'utf8'));
  const guest = identify(pid);
  // What nobody hears any more must not end it.
  expect(
    BigInt(`0x${/^SigIgn:\t(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]}`) & SIGPIPE,
  ).toBe(SIGPIPE);
  if (!daemon) throw new Error('the node has ended');
  signal(daemon, 'SIGKILL');
  await waitForEnd(daemon, 10_000);
  expect(identify(pid)).toEqual(guest);
  await bringUp('real');
  await withClient(async (client) => {
    const status = await client.get<object>(client.node('qemu/102/status/current'));
    expect(status).toMatchObject({ status: 'running', qmpstatus: 'running', pid });
    await client.wait(await client.post<string>(client.node('qemu/102/status/stop')));
  });
  expect(identify(pid)).toBeUndefined();
  expect(existsSync(running)).toBe(false);
});
