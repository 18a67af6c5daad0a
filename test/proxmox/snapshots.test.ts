import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from '../../proxmox/api-client';
import {
  guestsWithTag,
  type SnapshotGuest,
  Snapshots,
  setGuestClock,
  snapshotsOf,
} from '../../proxmox/snapshots';
import { callApi, startTestNode, type TestNode } from '../local-node/test-node';

const TAG = 'lab-0a1b2c3d';
let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  const archive = join(lab.node.stateDir, 'storage/local/template/cache/lab.tar.zst');
  writeFileSync(archive, 'an archive');
  await task('qemu', { vmid: '129', name: 'wordpress', agent: '1', tags: `x;${TAG}`, ...disk });
  await task('qemu', { vmid: '130', name: 'stranger', tags: 'lab-ffffffff', ...disk });
  const root = { ostemplate: 'local:vztmpl/lab.tar.zst', rootfs: 'local-lvm:1', features: 'nesting=1' };
  await task('lxc', { vmid: '116', hostname: 'moodle', tags: TAG, ...root });
  await task('qemu/129/status/start');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await lab.close();
});

const disk = { scsi0: 'local-lvm:1,format=qcow2' };

/** What ApiClient is, without a connection. */
const client = {
  node: (path: string) => `nodes/pve/${path}`,
  get: <T>(path: string) => call<T>('GET', path),
  post: <T>(path: string, form: object = {}) => call<T>('POST', path, form),
  put: <T>(path: string, form: object = {}) => call<T>('PUT', path, form),
  delete: <T>(path: string) => call<T>('DELETE', path),
  wait: async (upid: string) => {
    const { exitStatus } = await lab.node.tasks.wait(upid, 30);
    if (exitStatus !== 'OK') throw new Error(`${upid}: ${exitStatus}`);
  },
};

async function call<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, form?: object): Promise<T> {
  const given = Object.entries(form ?? {}).filter(([, value]) => value !== undefined);
  const texts = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  const answer = await callApi(lab, method, `/${path}`, form && texts);
  if (answer.status !== 200) throw new ApiError(method, path, answer.status, answer.reason);
  return answer.data as T;
}

const task = async (path: string, form: Record<string, string> = {}) =>
  client.wait(await client.post<string>(`nodes/pve/${path}`, form));

const guest = async (name: string): Promise<SnapshotGuest> => {
  const found = (await guestsWithTag(client, TAG)).find((one) => one.name === name);
  if (!found) throw new Error(`no guest ${name}`);
  return found;
};

test('only guests with the tag of the identity are the lab, of either kind', async () => {
  expect(await guestsWithTag(client, TAG)).toEqual([
    { kind: 'container', vmid: 116, node: 'pve', name: 'moodle' },
    { kind: 'vm', vmid: 129, node: 'pve', name: 'wordpress' },
  ]);
});

test('a snapshot is taken with memory, listed, rolled back to and removed, with what it cost', async () => {
  const answers: string[] = [];
  const snapshots = new Snapshots(
    client,
    ({ name }) =>
      async () =>
        void answers.push(name),
  );
  const wordpress = await guest('wordpress');
  const taken = await snapshots.take(wordpress, 'warm', { memory: true, description: 'up' });
  expect(taken).toEqual({
    seconds: expect.any(Number),
    bytes: 128 * 2 ** 20,
    stillSeconds: expect.any(Number),
  });
  expect(await snapshotsOf(client, wordpress)).toEqual([
    { name: 'warm', description: 'up', snaptime: lab.clock.seconds, withMemory: true },
  ]);
  const before = answers.length;
  await snapshots.rollBack(wordpress, 'warm', { start: false, goesOn: true });
  // It was waited for.
  expect(answers.length).toBeGreaterThan(before + 1);
  expect(lab.node.engine.isRunning(129)).toBe(true);
  await snapshots.remove(wordpress, 'warm');
  expect(await snapshotsOf(client, wordpress)).toEqual([]);
});

test('of a container the node says how much was copied, and how long a running one was held', async () => {
  await task('lxc/116/status/start');
  const snapshots = new Snapshots(client, () => undefined);
  const moodle = await guest('moodle');
  const { bytes, stillSeconds } = await snapshots.take(moodle, 'clean', { memory: true });
  expect([bytes, stillSeconds]).toEqual([0, expect.any(Number)]);
  expect(await snapshotsOf(client, moodle)).toMatchObject([{ name: 'clean', withMemory: false }]);
});

test('a guest that is silent to the end of its snapshot stands still until it answers again', async () => {
  let asked = 0;
  const silent = async () => {
    asked += 1;
    if (asked > 1 && asked < 4) throw new Error('no agent');
  };
  const snapshots = new Snapshots(client, () => silent);
  const { stillSeconds } = await snapshots.take(await guest('wordpress'), 'one', { memory: true });
  expect(asked).toBeGreaterThanOrEqual(4);
  expect(stillSeconds).toBeGreaterThan(0);
});

test('how long a guest stands still is not known where nothing answers in it', async () => {
  const snapshots = new Snapshots(client, () => () => Promise.reject(new Error('no agent')));
  const { stillSeconds } = await snapshots.take(await guest('wordpress'), 'one', { memory: false });
  expect(stillSeconds).toBeNull();
});

test('the clock of a guest is set to the time of now, and a refusal is told', async () => {
  const commands: (readonly string[])[] = [];
  const access = (exitCode: number) => ({
    exec: async (command: readonly string[]) => {
      commands.push(command);
      return { exitCode, stdout: '', stderr: 'not permitted\n' };
    },
  });
  await setGuestClock(access(0), () => 1_800_000_000.5);
  expect(commands).toEqual([['date', '--utc', '--set=@1800000000.500']]);
  await expect(setGuestClock(access(1), () => 0)).rejects.toThrow('cannot be set: not permitted');
});
