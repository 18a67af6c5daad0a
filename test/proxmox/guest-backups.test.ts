import { TaskError } from '../../proxmox/api-client';
import { backUp, listBackups, restoreGuest } from '../../proxmox/guest-backups';
import { makeContainer, makeMachine, RealDisks } from '../local-node/backup/backup-lab';
import { callApi, startTestNode, type TestNode } from '../local-node/test-node';

const TAG = 'lab-0a1b2c3d';
const WEB = { name: 'web', vmid: 100, kind: 'vm' } as const;
const BOX = { name: 'bct', vmid: 131, kind: 'container' } as const;
const HOW = { storage: 'local', mode: 'snapshot', compress: 'zstd' } as const;

let lab: TestNode;
const client = {
  node: (path: string) => `nodes/pve/${path}`,
  get: async <T>(path: string, query: object = {}) => {
    const texts = Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]);
    const text = new URLSearchParams(texts).toString();
    return await answer<T>('GET', `/${path}?${text}`);
  },
  post: async <T>(path: string, form: object = {}) => {
    const texts = Object.entries(form).map(([name, value]) => [name, value === true ? '1' : String(value)]);
    return await answer<T>('POST', `/${path}`, Object.fromEntries(texts) as Record<string, string>);
  },
};

async function answer<T>(method: 'GET' | 'POST', path: string, form?: Record<string, string>): Promise<T> {
  const { status, data, message } = await callApi(lab, method, path, form);
  if (status !== 200) throw new Error(`${path}: ${message}`);
  return data as T;
}

beforeEach(async () => {
  lab = await startTestNode({ engine: new RealDisks() });
});

afterEach(() => lab.close());

test('machines and containers are backed up, listed and put back', async () => {
  await makeMachine(lab);
  await makeContainer(lab);
  for (const guest of [WEB, BOX]) await backUp(client, guest, HOW, TAG);
  const backups = await listBackups(client, [WEB, BOX], 'local', TAG);
  expect(backups.map(({ guest, vmid, format }) => [guest, vmid, format]).sort()).toEqual([
    ['bct', 131, 'tar.zst'],
    ['web', 100, 'vma.zst'],
  ]);
  const shares: number[] = [];
  for (const { guest, volid } of backups)
    await restoreGuest(client, guest === 'web' ? WEB : BOX, volid, (share) => shares.push(share));
  expect(shares).toContain(1);
  expect(lab.node.engine.isRunning(100)).toBe(true);
  expect(lab.node.guests.containers.engine.isRunning(131)).toBe(true);
});

test('backups of another lab, or by hand, of the same number are not listed', async () => {
  await makeContainer(lab);
  await backUp(client, BOX, HOW, TAG);
  await backUp(client, BOX, HOW, 'lab-99999999').catch(() => undefined);
  lab.clock.seconds += 5;
  await backUp(client, BOX, HOW, 'lab-99999999');
  expect(await listBackups(client, [BOX], 'local', TAG)).toHaveLength(1);
  expect(await listBackups(client, [WEB], 'local', TAG)).toEqual([]);
});

test('the retention is that of the lab', async () => {
  await makeContainer(lab);
  for (let count = 0; count < 3; count += 1) {
    await backUp(client, BOX, { ...HOW, retention: { 'keep-last': '2' } }, TAG);
    lab.clock.seconds += 60;
  }
  expect(await listBackups(client, [BOX], 'local', TAG)).toHaveLength(2);
});

test('a backup that fails says why', async () => {
  const failed = backUp(client, BOX, HOW, TAG);
  await expect(failed).rejects.toThrow(TaskError);
  await expect(failed).rejects.toThrow(/unable to find VM '131'/);
});
