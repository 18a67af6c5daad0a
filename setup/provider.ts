import { existsSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { request } from 'undici';
import { homeDirectory } from '../config/paths';
import { CommandError, programEnvironment, run } from '../machine/command';
import { MissingError } from '../machine/missing-error';
import { inWorkDirectory } from '../machine/work-directory';
import { findCommand } from './system-packages';

const ROOT = join(__dirname, '..');

/** Version of bpg/proxmox that cdktf.json pins; one place says it. */
export function providerVersion(): string {
  const { terraformProviders } = JSON.parse(readFileSync(join(ROOT, 'cdktf.json'), 'utf8')) as {
    terraformProviders: string[];
  };
  const pin = terraformProviders
    .map((entry) => /^bpg\/proxmox@(\d+\.\d+\.\d+)$/.exec(entry)?.[1])
    .find(Boolean);
  if (!pin)
    throw new Error(
      'cdktf.json pins no version of bpg/proxmox: terraformProviders needs "bpg/proxmox@X.Y.Z"',
    );
  return pin;
}

/** terraform or tofu, whichever is on PATH; TERRAFORM_BINARY_NAME, which cdktf reads too, decides if set. */
export function terraformCommand(): string | undefined {
  const wanted = process.env.TERRAFORM_BINARY_NAME;
  return (wanted ? [wanted] : ['terraform', 'tofu']).find((name) => findCommand(name));
}

/** Registry host whose providers the command uses. */
function registryHost(command: string): string {
  return command.includes('tofu') ? 'registry.opentofu.org' : 'registry.terraform.io';
}

/** Where the command looks for providers by itself, before it asks the registry. */
function mirrorDirectory(command: string): string {
  const platform = `linux_${process.arch === 'x64' ? 'amd64' : process.arch}`;
  return join(
    homeDirectory(process.env),
    '.terraform.d/plugins',
    registryHost(command),
    'bpg/proxmox',
    providerVersion(),
    platform,
  );
}

export function mirroredProvider(command: string): string | undefined {
  const file = join(mirrorDirectory(command), `terraform-provider-proxmox_v${providerVersion()}`);
  return existsSync(file) ? file : undefined;
}

export async function registryAnswers(command: string): Promise<boolean> {
  try {
    const answer = await request(`https://${registryHost(command)}/.well-known/terraform.json`, {
      signal: AbortSignal.timeout(5_000),
    });
    await answer.body.dump();
    return answer.statusCode === 200;
  } catch {
    return false;
  }
}

/**
 * Makes sure that the command can install the provider: from its mirror directory, else from the registry, else built
 * from the Go module proxy into the mirror directory. The checked-in go.sum holds the hash of every module used.
 */
export async function ensureProvider(command: string, log: (line: string) => void): Promise<void> {
  if (mirroredProvider(command) || (await registryAnswers(command))) return;
  if (!findCommand('go')) {
    throw new MissingError(
      `${registryHost(command)} cannot be reached, and there is no Go to build the provider from its source. ` +
        'Connect this machine to the registry, or install Go 1.25 or later (https://go.dev/dl).',
    );
  }
  log(
    `${registryHost(command)} cannot be reached: building bpg/proxmox ${providerVersion()} from the Go module proxy (1 to 2 minutes, once) ...`,
  );
  await build(command);
}

async function build(command: string): Promise<void> {
  const directory = mirrorDirectory(command);
  const name = `terraform-provider-proxmox_v${providerVersion()}`;
  await inWorkDirectory(directory, '.build', (work) => buildIn(work, join(directory, name)));
}

async function buildIn(work: string, place: string): Promise<void> {
  const output = join(work, basename(place));
  try {
    const flags = ['-mod=readonly', '-trimpath', '-ldflags', `-s -w -X main.version=${providerVersion()}`];
    await run(['go', 'build', ...flags, '-o', output, 'github.com/bpg/terraform-provider-proxmox'], {
      cwd: join(ROOT, 'provider'),
      env: programEnvironment({ CGO_ENABLED: '0', GOFLAGS: '' }),
    });
    renameSync(output, place);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const words = error.stderr.trim().split('\n').slice(-12).join('\n') || error.message;
    throw new Error(`Building the provider failed:\n${words}`, { cause: error });
  }
}
