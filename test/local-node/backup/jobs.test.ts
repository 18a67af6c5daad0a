import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, startTestNode, type TestNode } from '../test-node';
import { backups, done, makeContainer } from './backup-lab';

let lab: TestNode;

beforeEach(async () => {
  lab = await startTestNode();
  await makeContainer(lab);
});

afterEach(() => lab.close());

const JOB = {
  ...{
    id: 'backup-lab',
    schedule: '*-*-* 2:00',
    storage: 'local',
    vmid: '131',
    mode: 'stop',
    compress: 'zstd',
  },
  ...{ comment: 'nightly', 'prune-backups': 'keep-last=2,keep-daily=7', 'notes-template': '{{guestname}}' },
};
const make = (form: Readonly<Record<string, string>>) => callApi(lab, 'POST', '/cluster/backup', form);
const list = async () => (await callApi(lab, 'GET', '/cluster/backup')).data as Record<string, unknown>[];

/** Moves the clock to a local time and lets the node look at it. */
async function at(time: string): Promise<void> {
  lab.clock.seconds = new Date(time).getTime() / 1000;
  for (const upid of await lab.node.backupJobs.tick()) await lab.node.tasks.wait(upid, 60);
}

test('a job is kept as Proxmox VE keeps and shows it', async () => {
  lab.clock.seconds = new Date('2027-03-01T12:00').getTime() / 1000;
  expect(await make(JOB)).toMatchObject({ status: 200, data: null });
  const row = {
    ...{ id: 'backup-lab', type: 'vzdump', enabled: 1, vmid: '131', storage: 'local', comment: 'nightly' },
    ...{ schedule: '*-*-* 2:00', 'prune-backups': { 'keep-last': '2', 'keep-daily': '7' }, mode: 'stop' },
  };
  expect((await callApi(lab, 'GET', '/cluster/backup/backup-lab')).data).toMatchObject(row);
  const next = new Date('2027-03-02T02:00').getTime() / 1000;
  expect(await list()).toEqual([expect.objectContaining({ ...row, 'next-run': next })]);
  expect(readFileSync(join(lab.node.stateDir, 'etc/pve/jobs.cfg'), 'utf8')).toContain(
    'vzdump: backup-lab\n\tcompress zstd\n\tmode stop\n',
  );
});

test('the node runs a job at its times, with its retention', async () => {
  lab.clock.seconds = new Date('2027-03-01T12:00').getTime() / 1000;
  await make({ ...JOB, 'prune-backups': 'keep-last=2' });
  await at('2027-03-02T01:59:59');
  expect(await backups(lab)).toEqual([]);
  for (const day of ['02', '03', '04']) {
    await at(`2027-03-${day}T02:00:05`);
    await at(`2027-03-${day}T02:00:15`);
  }
  expect((await backups(lab)).map(({ volid, notes }) => [volid, notes])).toEqual([
    ['local:backup/vzdump-lxc-131-2027_03_03-02_00_05.tar.zst', 'bct'],
    ['local:backup/vzdump-lxc-131-2027_03_04-02_00_05.tar.zst', 'bct'],
  ]);
});

test('a job that is off, or of another node, does not run', async () => {
  lab.clock.seconds = new Date('2027-03-01T12:00').getTime() / 1000;
  await make({ ...JOB, id: 'off', enabled: '0' });
  await make({ ...JOB, id: 'elsewhere', node: 'other' });
  await at('2027-03-02T02:00');
  expect(await backups(lab)).toEqual([]);
});

test.each([
  ['is made up for by a job that says so', '1', 1],
  ['is not made up for otherwise', '0', 0],
])('a time that went by while the node was down %s', async (_what, missed, count) => {
  lab.clock.seconds = new Date('2027-03-01T12:00').getTime() / 1000;
  await make({ ...JOB, 'repeat-missed': missed });
  await at('2027-03-02T02:00');
  const before = (await backups(lab)).length;
  lab.clock.seconds = new Date('2027-03-05T12:00').getTime() / 1000;
  await lab.node.backupJobs.close();
  await lab.node.backupJobs.start();
  for (const upid of await lab.node.backupJobs.tick()) await lab.node.tasks.wait(upid, 60);
  expect((await backups(lab)).length - before).toBe(count);
});

test('a job is changed and removed', async () => {
  await make(JOB);
  const path = '/cluster/backup/backup-lab';
  await callApi(lab, 'PUT', path, {
    schedule: 'sat 04:00',
    enabled: '0',
    delete: 'comment,notes-template',
    all: '1',
  });
  const { data } = await callApi(lab, 'GET', path);
  expect(data).toMatchObject({ schedule: 'sat 04:00', enabled: 0, all: 1, compress: 'zstd' });
  for (const name of ['comment', 'notes-template', 'vmid']) expect(data).not.toHaveProperty(name);
  expect(await callApi(lab, 'DELETE', path)).toMatchObject({ status: 200 });
  expect(await list()).toEqual([]);
});

test('a job survives the end of the node', async () => {
  await make(JOB);
  const again = await startTestNode({ stateDir: lab.node.stateDir });
  expect(again.node.backupJobs.find('backup-lab')?.options).toMatchObject({ schedule: '*-*-* 2:00' });
  await again.close();
});

test('deleting a guest with purge takes it out of the jobs', async () => {
  await make({ ...JOB, vmid: '131,140' });
  await make({ ...JOB, id: 'alone' });
  await done(lab, 'DELETE', '/nodes/pve/lxc/131?purge=1');
  expect(await list()).toEqual([expect.objectContaining({ id: 'backup-lab', vmid: '140' })]);
});

test('guests that no job is for are told, and what a job has of the others', async () => {
  await done(lab, 'POST', '/nodes/pve/qemu', {
    ...{ vmid: '100', memory: '64', name: 'web', scsi0: 'local-lvm:0.01', scsi1: 'local-lvm:0.01,backup=0' },
  });
  await make({ ...JOB, vmid: '100' });
  const { data } = await callApi(lab, 'GET', '/cluster/backup-info/not-backed-up');
  expect(data).toEqual([{ vmid: 131, type: 'lxc', name: 'bct' }]);
  const tree = (await callApi(lab, 'GET', '/cluster/backup/backup-lab/included_volumes')).data;
  expect(tree).toMatchObject({
    children: [
      {
        ...{ id: 100, type: 'qemu', name: 'web', leaf: 0 },
        children: [
          { id: '100:scsi0', included: 1, leaf: 1 },
          { id: '100:scsi1', included: 0, leaf: 1 },
        ],
      },
    ],
  });
});

test.each([
  ['without guests', { vmid: '' }, 500, /^400 Parameter verification failed\.\nvmid: property is missing\n$/],
  ['of all and some', { all: '1' }, 500, /\nall: option conflicts with option 'vmid'\n$/],
  ['of a pool that is not there', { vmid: '', pool: 'nope' }, 403, /pool 'nope' does not exist/],
  ['without a schedule', { schedule: '' }, 400, /Parameter verification failed/],
  ['with a schedule that cannot be read', { schedule: '25:00' }, 400, /Parameter verification failed/],
  ['with what the local node does not do', { bwlimit: '100' }, 501, /'bwlimit' is not supported/],
])('a job %s is refused', async (_what, form, status, message) => {
  const given = Object.entries({ ...JOB, ...form }).filter(([, value]) => value !== '');
  expect(await make(Object.fromEntries(given))).toMatchObject({
    status,
    message: expect.stringMatching(message),
  });
  expect(await list()).toEqual([]);
});

test('when a schedule comes can be asked', async () => {
  const starttime = String(Date.UTC(2026, 10, 27, 1, 41) / 1000);
  const query = `schedule=*:0/30&iterations=2&starttime=${starttime}`;
  const { data } = await callApi(lab, 'GET', `/cluster/jobs/schedule-analyze?${query}`);
  expect(data).toEqual([
    { timestamp: Date.UTC(2026, 10, 27, 2, 0) / 1000, utc: 'Fri Nov 27 02:00:00 2026' },
    { timestamp: Date.UTC(2026, 10, 27, 2, 30) / 1000, utc: 'Fri Nov 27 02:30:00 2026' },
  ]);
});
