import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../config';
import { providerVersion } from './provider';

/** Terraform's lock file of the one stack; synthesizing leaves it where it is. */
const LOCK = join(repositoryRoot, 'cdktf.out/stacks/lab/.terraform.lock.hcl');

/**
 * Makes Terraform's lock file before cdktf needs one. Where there is none, cdktf runs `terraform providers lock`, which
 * asks the registry even if the provider is in a mirror of this machine, and fails where the registry cannot be reached.
 */
export function ensureProviderLock(command: string): void {
  if (existsSync(LOCK) && readFileSync(LOCK, 'utf8').includes(`version     = "${providerVersion()}"`)) return;
  const work = mkdtempSync(join(tmpdir(), 'provider-lock-'));
  try {
    const proxmox = { source: 'bpg/proxmox', version: providerVersion() };
    writeFileSync(
      join(work, 'main.tf.json'),
      JSON.stringify({ terraform: { required_providers: { proxmox } } }),
    );
    const init = spawnSync(command, ['init', '-backend=false', '-input=false', '-no-color'], {
      cwd: work,
      encoding: 'utf8',
      env: { ...process.env, CHECKPOINT_DISABLE: '1' },
    });
    if (init.status !== 0) {
      throw new Error(`${command} cannot install bpg/proxmox ${providerVersion()}:\n${init.stderr.trim()}`);
    }
    mkdirSync(dirname(LOCK), { recursive: true });
    copyFileSync(join(work, '.terraform.lock.hcl'), LOCK);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A provider built anew has other bytes than the lock file remembers. */
export function forgetProviderLock(): void {
  rmSync(LOCK, { force: true });
}
