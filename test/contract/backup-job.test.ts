import { ProviderLab } from './provider/provider-lab';

/** Terraform with the real provider needs some seconds for each run. */
jest.setTimeout(180_000);

/** As stacks/backup.ts makes it. */
function job(schedule: string, retention: string): string {
  return `
resource "proxmox_backup_job" "lab" {
  id             = "backup-lab-0a1b2c3d"
  schedule       = "${schedule}"
  storage        = "local"
  mode           = "snapshot"
  compress       = "zstd"
  vmid           = ["116", "128", "129"]
  notes_template = "{{guestname}} of lab-0a1b2c3d"
  enabled        = true
  ${retention}
}
`;
}

test('the provider makes, changes and removes the backup job of a lab, and finds it as it made it', async () => {
  const lab = await ProviderLab.start();
  try {
    lab.write(job('sat 03:30', 'prune_backups = { "keep-last" = "3", "keep-daily" = "7" }'));
    await lab.terraform(['init']);
    await lab.terraform(['apply', '-auto-approve']);
    expect(lab.node.backupJobs.find('backup-lab-0a1b2c3d')?.options).toMatchObject({
      ...{ schedule: 'sat 03:30', storage: 'local', mode: 'snapshot', compress: 'zstd', vmid: '116,128,129' },
      ...{ 'prune-backups': 'keep-daily=7,keep-last=3', 'notes-template': '{{guestname}} of lab-0a1b2c3d' },
    });
    await lab.terraform(['plan', '-detailed-exitcode']);
    lab.write(job('02:00', ''));
    await lab.terraform(['apply', '-auto-approve']);
    expect(lab.node.backupJobs.find('backup-lab-0a1b2c3d')?.options).toMatchObject({ schedule: '02:00' });
    await lab.terraform(['plan', '-detailed-exitcode']);
    await lab.terraform(['destroy', '-auto-approve']);
    expect(lab.node.backupJobs.list()).toEqual([]);
  } finally {
    await lab.close();
  }
});
