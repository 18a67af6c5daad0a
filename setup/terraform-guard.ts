import { existsSync, lstatSync, readlinkSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';

const GUARDED = ['terraform', 'tofu'];

/**
 * Puts the guard of Terraform where npm and npx look first, so that a plain `npx cdktf deploy` has it too. `root` is
 * the clone. Packages that are another clone's, behind a link, are left as they are.
 */
export function ensureTerraformGuard(root: string): void {
  const packages = join(root, 'node_modules');
  const directory = join(packages, '.bin');
  if (!existsSync(directory) || lstatSync(packages).isSymbolicLink()) return;
  const target = relative(
    realpathSync(directory),
    join(realpathSync(root), 'stacks/hooks/terraform-guard.sh'),
  );
  for (const name of GUARDED) {
    const link = join(directory, name);
    if (linkTarget(link) === target) continue;
    rmSync(link, { force: true });
    symlinkSync(target, link);
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
