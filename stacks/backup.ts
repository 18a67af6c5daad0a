import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Lab } from '../config/lab';
import { backupJobId, compressParameter, retentionOf } from '../config/lab-backup';
import type { LabIdentity } from '../config/lab-identity';
import { BackupJob } from './provider';

export interface LabBackupProps {
  readonly lab: Pick<Lab, 'guests'>;
  readonly backup: NonNullable<Lab['backup']>;
  readonly identity: LabIdentity;
  readonly dependsOn: readonly ITerraformDependable[];
}

/** The job that backs the lab's guests up at their times. It goes with the lab; the backups that it made stay. */
export class LabBackup extends Construct {
  readonly job: BackupJob;

  constructor(scope: Construct, id: string, { lab, backup, identity, dependsOn }: LabBackupProps) {
    super(scope, id);
    this.job = new BackupJob(this, 'job', {
      id: backupJobId(identity),
      schedule: backup.schedule,
      storage: backup.storage,
      mode: backup.mode,
      compress: compressParameter(backup),
      vmid: lab.guests.map(({ vmid }) => String(vmid)),
      // By which the lab's own commands tell its backups from others of the same number.
      notesTemplate: `{{guestname}} of ${identity.tag}`,
      enabled: true,
      pruneBackups: retentionOf(backup),
      dependsOn: [...dependsOn],
    });
  }
}
