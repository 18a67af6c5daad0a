import { Command } from 'commander';
import { ensureBindings } from '../setup/bindings';
import { ensureSchemaChecker } from '../setup/cloud-init-schema';
import { ensureProvider, terraformCommand } from '../setup/provider';
import { ensureProviderLock } from '../setup/provider-lock';
import { installSystemPackages, type Purpose } from '../setup/system-packages';

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
  if (!terraform) throw new Error(NO_TERRAFORM);
  // cdktf and its `get` take the same program.
  process.env.TERRAFORM_BINARY_NAME = terraform;
  if (options.systemPackages) await installSystemPackages(purpose, log);
  await ensureProvider(terraform, log);
  await ensureProviderLock(terraform);
  await ensureBindings(log);
  if (purpose === 'tests') await ensureSchemaChecker(process.env, log);
}

if (process.argv[1] === __filename) {
  new Command('npm run setup --')
    .description('Installs what the commands need: system packages, the Terraform provider and its bindings.')
    .addHelpText(
      'after',
      '\nExample:\n  npm run setup\n\nExit codes: 0 all there, 2 wrong usage, 3 something is missing.',
    )
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
    .parse();
  setup('node', (line) => console.log(line)).then(
    () => console.log('Everything is in place. Next: npm start, or npm run node -- up'),
    (error: Error) => {
      console.error(error.message);
      process.exitCode = 3;
    },
  );
}
