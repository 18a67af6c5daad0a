import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { keptLockFile } from '../config/paths';

/**
 * Puts Terraform's lock file back into a directory of synthesized stacks that was removed and made again. Without it,
 * cdktf asks the registry what to lock, even if the provider is in a mirror of this machine, and fails where no registry
 * answers. Nothing happens where there is one, or where `npm run setup` has not made one yet.
 */
export function putBackLockFile(outdir: string, stack: string, kept: string = keptLockFile()): void {
  const file = join(outdir, 'stacks', stack, '.terraform.lock.hcl');
  if (existsSync(file) || !existsSync(kept)) return;
  copyFileSync(kept, file);
}
