import { repositoryRoot } from '../config';
import { MissingError } from '../machine/missing-error';
import { bindingsAreCurrent, ensureBindings } from './bindings';
import { ensureSchemaChecker } from './cloud-init-schema';
import { terraformCommand } from './provider';
import { ensureProvider, providerLockIsCurrent } from './provider-lock';
import { installSystemPackages, missingTools, type Purpose } from './system-packages';
import { ensureTerraformGuard } from './terraform-guard';

export const NO_TERRAFORM =
  'Neither terraform nor tofu is on PATH. Install one: https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install';

/**
 * Installs what a command needs and is not there yet: system packages, the Terraform provider and its bindings. A second
 * call finds everything in place and costs nothing. Throws with what to do where it may not or cannot install.
 */
export async function setup(
  purpose: Purpose,
  log: (line: string) => void,
  options = { systemPackages: true },
): Promise<void> {
  const terraform = terraformCommand();
  if (!terraform) throw new MissingError(NO_TERRAFORM);
  // cdktf and its `get` take the same program.
  process.env.TERRAFORM_BINARY_NAME = terraform;
  if (options.systemPackages) await installSystemPackages(purpose, log);
  ensureTerraformGuard(repositoryRoot);
  await ensureProvider(terraform, log);
  await ensureBindings(log);
  if (purpose === 'tests') await ensureSchemaChecker(process.env, log);
}

/** Something that is not there yet, and how long its installation usually takes, seconds. */
export interface Installation {
  readonly what: string;
  readonly seconds: number;
}

/** What setup() would install now. Changes nothing. */
export function missingOf(purpose: Purpose, options = { systemPackages: true }): readonly Installation[] {
  const tools = options.systemPackages ? missingTools(purpose) : [];
  const packages = [...new Set(tools.map((tool) => tool.package))].sort();
  const terraform = terraformCommand();
  const missing: Installation[] = [];
  if (packages.length > 0) {
    missing.push({ what: `system packages, with sudo: ${packages.join(', ')}`, seconds: 60 });
  }
  if (terraform && !providerLockIsCurrent(terraform)) {
    missing.push({ what: "Terraform's provider of Proxmox VE", seconds: 20 });
  }
  if (!bindingsAreCurrent()) missing.push({ what: 'its bindings', seconds: 10 });
  return missing;
}
