import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../config';
import { keptLockFile } from '../config/paths';
import { programEnvironment, start } from '../machine/command';
import { mirroredProvider, providerVersion } from './provider';

/** Terraform's lock file of the one stack; synthesizing leaves it where it is, or puts it back. */
const LOCK = join(repositoryRoot, 'cdktf.out/stacks/lab/.terraform.lock.hcl');

/**
 * Makes Terraform's lock file before cdktf needs one. Where there is none, cdktf runs `terraform providers lock`, which
 * asks the registry even if the provider is in a mirror of this machine, and fails where the registry cannot be reached.
 */
export async function ensureProviderLock(command: string): Promise<void> {
  if (providerLockIsCurrent(command)) return;
  const work = mkdtempSync(join(tmpdir(), 'provider-lock-'));
  try {
    const proxmox = { source: 'bpg/proxmox', version: providerVersion() };
    writeFileSync(
      join(work, 'main.tf.json'),
      JSON.stringify({ terraform: { required_providers: { proxmox } } }),
    );
    const init = await start([command, 'init', '-backend=false', '-input=false', '-no-color'], {
      cwd: work,
      env: programEnvironment({ CHECKPOINT_DISABLE: '1' }),
    });
    if (!init.ok) {
      throw new Error(`${command} cannot install bpg/proxmox ${providerVersion()}:\n${init.stderr.trim()}`);
    }
    for (const file of [keptLockFile(), LOCK]) {
      mkdirSync(dirname(file), { recursive: true });
      copyFileSync(join(work, '.terraform.lock.hcl'), file);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export function providerLockIsCurrent(command: string): boolean {
  const isCurrent = (file: string) => lockIsCurrent(file, mirroredProvider(command), providerVersion());
  return isCurrent(LOCK) && isCurrent(keptLockFile());
}

/**
 * Whether the lock file is there, of this version, and not older than the provider in the mirror, of which it remembers the
 * checksum: a provider that was built again, from whichever clone, has other bytes.
 */
export function lockIsCurrent(lock: string, mirrored: string | undefined, version: string): boolean {
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined || !readFileSync(lock, 'utf8').includes(`version     = "${version}"`)) return false;
  return mirrored === undefined || statSync(mirrored).mtimeMs <= made;
}
