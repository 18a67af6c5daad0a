import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Lab } from '../config/lab';
import { backupJobId, compressParameter, retentionOf } from '../config/lab-backup';
import type { LabIdentity } from '../config/lab-identity';
import { BackupJob } from './provider';

export interface LabBackupProps {
  readonly backup: NonNullable<Lab['backup']>;
  readonly identity: LabIdentity;
  readonly vmids: readonly number[];
  readonly dependsOn: readonly ITerraformDependable[];
}

/** The job that backs the lab's guests up at their times. It goes with the lab; the backups that it made stay. */
export class LabBackup extends Construct {
  readonly job: BackupJob;

  constructor(scope: Construct, id: string, { backup, identity, vmids, dependsOn }: LabBackupProps) {
    super(scope, id);
    this.job = new BackupJob(this, 'job', {
      id: backupJobId(identity),
      schedule: backup.schedule,
      storage: backup.storage,
      mode: backup.mode,
      compress: compressParameter(backup),
      vmid: vmids.map(String),
      // By which the lab's own commands tell its backups from others of the same number.
      notesTemplate: `{{guestname}} of ${identity.tag}`,
      enabled: true,
      pruneBackups: retentionOf(backup),
      dependsOn: [...dependsOn],
    });
  }
}
