import { existsSync, readFileSync, renameSync } from 'node:fs';
import { basename, join } from 'node:path';
import { request } from 'undici';
import { absolute, type Environment, homeDirectory } from '../config/paths';
import { providerVersion } from '../config/provider-pin';
import { usableDirectory } from '../config/usable-directory';
import { CommandError, programEnvironment, run } from '../machine/command';
import { webProxy } from '../machine/web-proxy';
import { inWorkDirectory } from '../machine/work-directory';
import { findCommand } from './system-packages';

const ROOT = join(__dirname, '..');

/** terraform or tofu, whichever is on PATH; TERRAFORM_BINARY_NAME, which cdktf reads too, decides if set. */
export function terraformCommand(): string | undefined {
  const wanted = process.env.TERRAFORM_BINARY_NAME;
  return (wanted ? [wanted] : ['terraform', 'tofu']).find((name) => findCommand(name));
}

/** Registry host whose providers the command uses. */
export function registryHost(command: string): string {
  return command.includes('tofu') ? 'registry.opentofu.org' : 'registry.terraform.io';
}

/** Where the provider lies below a directory of providers. */
export function providerPlace(command: string): string {
  const platform = `linux_${process.arch === 'x64' ? 'amd64' : process.arch}`;
  return join(registryHost(command), 'bpg/proxmox', providerVersion(), platform);
}

/** Where the command looks for providers by itself, before it asks the registry. */
function mirrorDirectory(command: string): string {
  return join(homeDirectory(process.env), '.terraform.d/plugins', providerPlace(command));
}

/** The user's settings of the command, if they say where providers come from: then it looks nowhere else. */
export function installationSettings(command: string, env: Environment): string | undefined {
  const names = command.includes('tofu') ? ['.tofurc', '.terraformrc'] : ['.terraformrc'];
  const files = env.TF_CLI_CONFIG_FILE
    ? [absolute(env.TF_CLI_CONFIG_FILE)]
    : names.map((name) => join(homeDirectory(env), name));
  const file = files.find((one) => existsSync(one));
  return file && /^\s*provider_installation\b/m.test(readFileSync(file, 'utf8')) ? file : undefined;
}

export function mirroredProvider(command: string): string | undefined {
  const file = join(mirrorDirectory(command), `terraform-provider-proxmox_v${providerVersion()}`);
  return existsSync(file) ? file : undefined;
}

/** Asked as Terraform asks it: through HTTPS_PROXY, where that is set. */
export async function registryAnswers(command: string): Promise<boolean> {
  const dispatcher = webProxy();
  try {
    const answer = await request(`https://${registryHost(command)}/.well-known/terraform.json`, {
      dispatcher,
      signal: AbortSignal.timeout(5_000),
    });
    await answer.body.dump();
    return answer.statusCode === 200;
  } catch {
    return false;
  } finally {
    await dispatcher.close();
  }
}

/**
 * Builds the provider from the Go module proxy into the mirror directory. The checked-in go.sum holds the hash of every
 * module used. Throws InputError where this user cannot write there.
 */
export async function buildProvider(command: string, log: (line: string) => void): Promise<void> {
  const directory = usableDirectory(mirrorDirectory(command), "Terraform's directory of plugins", 'HOME');
  log(`Building bpg/proxmox ${providerVersion()} from the Go module proxy (1 to 2 minutes, once) ...`);
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
