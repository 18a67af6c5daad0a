import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../config';
import { keptLockFile } from '../config/paths';
import { providerVersion } from '../config/provider-pin';
import { CommandError, programEnvironment, run } from '../machine/command';
import { MissingError } from '../machine/missing-error';
import {
  buildProvider,
  installationSettings,
  mirroredProvider,
  providerPlace,
  registryHost,
} from './provider';
import { findCommand } from './system-packages';

/** Where Terraform's lock file belongs. */
interface Places {
  /** Terraform's directory of the one stack; synthesizing leaves the file in it where it is, or puts it back. */
  readonly stack: string;
  /** Where it is put back from. */
  readonly kept: string;
}

const OURS: Places = { stack: join(repositoryRoot, 'cdktf.out/stacks/lab'), kept: keptLockFile() };

const lockFiles = ({ stack, kept }: Places) => [kept, join(stack, '.terraform.lock.hcl')];

/** A registry that lets a connection wait is asked several times. */
const INIT_TIMEOUT = 300_000;

/**
 * Makes sure that the command can install the provider, by installing it as the command does, with all that the user
 * has set: mirrors, a plugin cache, a proxy. Only where that fails, and nothing is set, it is built from its source.
 *
 * Terraform's lock file is made with it, before cdktf needs one. Where there is none, cdktf runs `terraform providers
 * lock`, which asks the registry even if the provider is in a mirror, and fails where the registry cannot be reached.
 */
export async function ensureProvider(
  command: string,
  log: (line: string) => void,
  places = OURS,
): Promise<void> {
  const there = mirroredProvider(command) ?? installedProvider(command, places);
  if (there !== undefined && providerLockIsCurrent(command, places)) return;
  const words = await install(command, places);
  if (words === undefined) return;
  const failed = `${command} cannot install bpg/proxmox ${providerVersion()}`;
  const settings = installationSettings(command, process.env);
  if (settings) throw new MissingError(`${failed} from where ${settings} says:\n${words}`);
  if (!findCommand('go')) {
    throw new MissingError(
      `${failed}, and there is no Go to build it from its source. Connect this machine to ` +
        `${registryHost(command)}, name a mirror in ~/.terraformrc, or install Go 1.25 or later ` +
        `(https://go.dev/dl).\n${words}`,
    );
  }
  log(`${failed} from ${registryHost(command)}.`);
  await buildProvider(command, log);
  const still = await install(command, places);
  if (still !== undefined) throw new MissingError(`${failed}, although it was built:\n${still}`);
}

/** The provider as Terraform has it in the stack; undefined before the first deploy. */
function installedProvider(command: string, { stack }: Places): string | undefined {
  const place = join(stack, '.terraform/providers', providerPlace(command));
  return existsSync(place) ? place : undefined;
}

/** Installs the provider in a directory of its own and keeps the lock file. Returns why it failed, if it did. */
async function install(command: string, places: Places): Promise<string | undefined> {
  const work = mkdtempSync(join(tmpdir(), 'provider-lock-'));
  try {
    const proxmox = { source: 'bpg/proxmox', version: providerVersion() };
    writeFileSync(
      join(work, 'main.tf.json'),
      JSON.stringify({ terraform: { required_providers: { proxmox } } }),
    );
    await run([command, 'init', '-backend=false', '-input=false', '-no-color'], {
      cwd: work,
      env: programEnvironment({ CHECKPOINT_DISABLE: '1' }),
      timeout: INIT_TIMEOUT,
    });
    for (const file of lockFiles(places)) {
      mkdirSync(dirname(file), { recursive: true });
      copyFileSync(join(work, '.terraform.lock.hcl'), file);
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.stderr.trim() || error.message;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export function providerLockIsCurrent(command: string, places = OURS): boolean {
  const provider = { mirrored: mirroredProvider(command), version: providerVersion() };
  return lockFiles(places).every((file) => lockIsCurrent(file, { ...provider, host: registryHost(command) }));
}

/**
 * Whether the lock file is there, of this version from this registry, and not older than the provider in the mirror, of which it remembers the
 * checksum: a provider that was built again, from whichever clone, has other bytes.
 */
export function lockIsCurrent(
  lock: string,
  { mirrored, version, host }: { mirrored: string | undefined; version: string; host: string },
): boolean {
  const made = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined) return false;
  const text = readFileSync(lock, 'utf8');
  if (!text.includes(`"${host}/bpg/proxmox"`) || !text.includes(`version     = "${version}"`)) return false;
  return mirrored === undefined || statSync(mirrored).mtimeMs <= made;
}
