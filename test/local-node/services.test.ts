/** Each service is built from what it uses, without the node and its API. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { AccessService } from '../../local-node/access/access-service';
import { systemClock } from '../../local-node/base/clock';
import type { BridgeSpec } from '../../local-node/base/node-network';
import { SimulatedContainers } from '../../local-node/engine/simulated/simulated-containers';
import { SimulatedEngine } from '../../local-node/engine/simulated/simulated-engine';
import { newUser } from '../../local-node/formats/user-config';
import { NetworkService } from '../../local-node/network/network-service';
import { StorageService } from '../../local-node/storage/storage-service';
import { TaskService } from '../../local-node/tasks/task-service';

const ROOT = { userId: 'root@pam' };

let stateDir: string;
let base: {
  readonly stateDir: string;
  readonly nodeName: string;
  readonly clock: typeof systemClock;
  readonly logger: pino.Logger;
};

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'service-'));
  base = { stateDir, nodeName: 'pve', clock: systemClock, logger: pino({ level: 'silent' }) };
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

async function startTasks(): Promise<TaskService> {
  const tasks = new TaskService(base);
  await tasks.start();
  return tasks;
}

async function startStorage(linked: readonly number[] = []): Promise<StorageService> {
  const engines = { engine: new SimulatedEngine(), containerEngine: new SimulatedContainers() };
  const storage = new StorageService({ ...base, ...engines, linkedClones: () => linked });
  await storage.start();
  return storage;
}

test('a task that failed tells why to whoever reads its directory later', async () => {
  const tasks = await startTasks();
  const upid = tasks.run('qmstart', '100', ROOT, async () => {
    throw new Error('no memory');
  });
  await tasks.wait(upid, 10);

  expect((await (await startTasks()).wait(upid, 0)).exitStatus).toBe('no memory');
});

test('a fault in an event that nothing waits for fails its own task and no other', async () => {
  const tasks = await startTasks();
  const blamed: boolean[] = [];
  const hangs = (after: () => void) => () => new Promise<void>(() => void setTimeout(after, 1));
  const broken = tasks.run(
    'download',
    'a.iso',
    ROOT,
    hangs(() => blamed.push(tasks.failOf(new Error('assertion failed')))),
  );
  const other = tasks.run('download', 'b.iso', ROOT, () => new Promise((done) => setTimeout(done, 50)));

  expect((await tasks.wait(broken, 10)).exitStatus).toBe('assertion failed');
  expect((await tasks.wait(other, 10)).exitStatus).toBe('OK');
  expect(blamed).toEqual([true]);
  expect(tasks.failOf(new Error('of no task'))).toBe(false);
});

test('a task whose log cannot be written ends as its work does', async () => {
  const tasks = await startTasks();
  rmSync(join(stateDir, 'log/tasks'), { recursive: true });
  const upid = tasks.run('qmstart', '100', ROOT, async ({ log }) => log('starting'));
  expect((await tasks.wait(upid, 10)).exitStatus).toBe('OK');

  const full = tasks.run('qmstart', '101', ROOT, async () => {
    throw new Error('no space left on device');
  });
  expect((await tasks.wait(full, 10)).exitStatus).toBe('no space left on device');
});

test('a bridge is made by the reload and by nothing before it', async () => {
  const applied: (readonly BridgeSpec[])[] = [];
  const tasks = await startTasks();
  const kernel = { apply: async (bridges: readonly BridgeSpec[]) => void applied.push(bridges) };
  const network = new NetworkService({ ...base, tasks, kernel });
  await network.start();
  await network.create({ name: 'vmbr7', type: 'bridge', autostart: true, ports: [] });
  expect([network.hasBridge('vmbr7'), applied.flat()]).toEqual([false, []]);

  await tasks.wait(network.reload(ROOT), 10);
  expect(network.hasBridge('vmbr7')).toBe(true);
  expect(applied.at(-1)).toMatchObject([{ name: 'vmbr7', addresses: [] }]);
});

test('a user has what a role grants on a path and below it, and nothing elsewhere', async () => {
  const access = new AccessService(base);
  await access.start();
  await access.update((config) => {
    config.users.set('ann@pve', newUser());
    config.acl.push({
      path: '/vms/100',
      kind: 'user',
      subject: 'ann@pve',
      role: 'PVEVMUser',
      propagate: true,
    });
  });
  const ann = { userId: 'ann@pve' };
  expect(access.has(ann, '/vms/100', ['VM.PowerMgmt'])).toBe(true);
  expect(access.has(ann, '/vms/100', ['VM.Allocate'])).toBe(false);
  expect(access.has(ann, '/vms/101', ['VM.PowerMgmt'])).toBe(false);
});

test('a built-in storage that is switched off stays off after a restart', async () => {
  await (await startStorage()).update('local', { disabled: true });
  expect((await startStorage()).get('local').disabled).toBe(true);
});

test("a template's disk is not deleted while a guest stands on it", async () => {
  const storage = await startStorage([201]);
  const volume = await storage.images.newVolume(storage.get('local-lvm'), 100, 'raw', new Set());
  await storage.images.create(volume, 1024 ** 2);
  await expect(storage.images.remove(volume, () => undefined)).rejects.toThrow(/201/);
  expect(await storage.exists(volume)).toBe(true);
});
