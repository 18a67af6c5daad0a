import { type Draft, labWith, requirements, resources, synthesized } from './synthesized';

const JOB = 'proxmox_backup_job';
const BACKUP = {
  ...{ storage: 'local', schedule: 'sat 03:30', mode: 'suspend', compression: 'gzip' },
  retention: { last: 3, daily: 7 },
};

function withBackup(backup: object) {
  return labWith((draft: Draft) => Object.assign(draft, { backup }));
}

test('a lab without backup: has no job', () => {
  expect(resources(synthesized(labWith()), JOB)).toEqual([]);
});

test('a lab with backup: has a job for its guests, which bears its identity', () => {
  const lab = withBackup(BACKUP);
  const configuration = synthesized(lab);
  expect(resources(configuration, JOB)).toMatchObject([
    {
      ...{
        id: 'backup-lab-0a1b2c3d',
        schedule: 'sat 03:30',
        storage: 'local',
        mode: 'suspend',
        compress: 'gzip',
      },
      vmid: lab.guests.map(({ vmid }) => String(vmid)),
      notes_template: '{{guestname}} of lab-0a1b2c3d',
      prune_backups: { 'keep-last': '3', 'keep-daily': '7' },
    },
  ]);
});

test('the job is made after the guests, and the guard of a destroy after the job', () => {
  const configuration = synthesized(withBackup({ storage: 'local', schedule: '02:00' }));
  const [job = ''] = Object.keys(configuration.resource[JOB] ?? {});
  const [guard = ''] = Object.keys(configuration.resource.terraform_data ?? {}).filter((name) =>
    name.startsWith('destroy'),
  );
  expect([...requirements(configuration, `${JOB}.${job}`)]).toEqual(
    expect.arrayContaining([expect.stringMatching(/^proxmox_virtual_environment_vm\./)]),
  );
  expect(requirements(configuration, `terraform_data.${guard}`)).toContain(`${JOB}.${job}`);
});

test('snapshot, zstd and all backups are what a lab gets that says nothing', () => {
  const [job] = resources(synthesized(withBackup({ storage: 'local', schedule: '02:00' })), JOB);
  expect(job).toMatchObject({ mode: 'snapshot', compress: 'zstd' });
  expect(job).not.toHaveProperty('prune_backups');
});

test.each([
  [{ storage: 'local' }, /schedule/],
  [{ storage: 'local', schedule: '02:00; rm' }, /no calendar event/],
  [{ storage: 'local', schedule: '02:00', retention: { last: 0 } }, /1 to 10000 backups/],
  [{ storage: 'local', schedule: '02:00', retention: { forever: 1 } }, /forever/],
])('%j is refused', (backup, fault) => {
  expect(() => withBackup(backup)).toThrow(fault);
});

test('backups of no guest are refused', () => {
  const change = (draft: Draft) => Object.assign(draft, { backup: BACKUP, guests: [] });
  expect(() => labWith(change)).toThrow(/no guest to back up/);
});
