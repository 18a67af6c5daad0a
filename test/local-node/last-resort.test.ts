import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readTarget } from '../../config/load-target';
import { repositoryRoot } from '../../config/paths';
import type { ConnectionFile } from '../../config/target';
import { down, up } from '../../local-node/lifecycle';
import { ApiClient } from '../../proxmox/api-client';

/** The node is a process of its own, with faults that nothing in it catches. */
jest.setTimeout(60_000);

/** Loaded into the node's process. The guest 666 is made by an event that throws and an answer that never comes. */
const FAULTS = `
const fs = require('node:fs').promises;
const { mkdir } = fs;
fs.mkdir = (path, ...rest) => {
  if (!String(path).endsWith('/images/666')) return mkdir(path, ...rest);
  setTimeout(() => { throw new Error('a fault in an event'); }, 0);
  return new Promise(() => {});
};
process.on('SIGUSR2', () => {
  setTimeout(() => { throw new Error('a fault of no task'); }, 0);
  Promise.reject(new Error('an answer that nobody waits for'));
});
`;

const stateDir = mkdtempSync(join(tmpdir(), 'last-resort-'));
const faults = join(mkdtempSync(join(tmpdir(), 'faults-')), 'faults.cjs');
const env = {
  ...process.env,
  NODE_OPTIONS: `--require ${faults}`,
  LAB_NODE_STATE: stateDir,
  LAB_NODE_PORT: '0',
  LAB_NODE_SSH_PORT: '0',
  XDG_DATA_HOME: join(stateDir, 'data'),
};

afterAll(async () => {
  await down(env, { purge: true });
});

const log = () => readFileSync(join(stateDir, 'log', 'node.log'), 'utf8');

async function logged(text: string): Promise<void> {
  for (let attempt = 0; attempt < 500 && !log().includes(text); attempt += 1) await sleep(20);
  expect(log()).toContain(text);
}

test('a fault that nothing catches fails the task it came from, if any, and the node goes on', async () => {
  writeFileSync(faults, FAULTS);
  await up(env, { engine: 'simulated', name: 'pve' });
  const { pid } = JSON.parse(readFileSync(join(stateDir, 'connection.json'), 'utf8')) as ConnectionFile;
  const client = new ApiClient(readTarget({ LAB_NODE_STATE: stateDir }, 'pve'));
  try {
    const make = (vmid: number) =>
      client.post<string>(client.node('qemu'), { vmid: String(vmid), scsi0: 'local-lvm:1' });
    const end = async (upid: string) => {
      for (let attempt = 0; attempt < 500; attempt += 1) {
        const task = await client.get<{ exitstatus?: string }>(client.node(`tasks/${upid}/status`));
        if (task.exitstatus !== undefined) return task.exitstatus;
        await sleep(20);
      }
      return undefined;
    };
    expect(await end(await make(666))).toContain('a fault in an event');
    await logged('a fault that nothing caught: its task fails, the node goes on');
    process.kill(pid, 'SIGUSR2');
    await logged('a fault of no task');
    await logged('an answer that nobody waits for');
    await logged('a fault that nothing caught: no task is behind it, the node goes on');
    expect(await end(await make(100))).toBe('OK');
  } finally {
    await client.close();
  }
});

test('a log that cannot be written does not keep the node busy with the fault', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'full-log-'));
  const full = openSync('/dev/full', 'w');
  const argv = ['--state', directory, '--engine', 'simulated', '--port', '0', '--ssh-port', '0'];
  const child = spawn(
    process.execPath,
    ['--require', require.resolve('tsx/cjs'), join(repositoryRoot, 'local-node/main.ts'), ...argv],
    { stdio: ['ignore', full, 'inherit', 'ipc'], cwd: repositoryRoot },
  );
  closeSync(full);
  const ended = once(child, 'exit');
  try {
    expect((await once(child, 'message'))[0]).toEqual({ up: true });
    const before = processorTicks(child.pid as number);
    await sleep(1000);
    // A fault that makes the next one takes all of the second, 100 ticks.
    expect(processorTicks(child.pid as number) - before).toBeLessThan(50);
  } finally {
    child.kill('SIGTERM');
  }
  expect((await ended)[0]).toBe(0);
  rmSync(directory, { recursive: true, force: true });
});

function processorTicks(pid: number): number {
  const [user = 0, system = 0] =
    readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ').slice(11).map(Number) ?? [];
  return user + system;
}
