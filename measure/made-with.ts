import { readDeployedLab } from '../config/deployed-lab';
import { type Environment, repositoryRoot } from '../config/paths';
import { providerVersion } from '../config/provider-pin';
import { commitOf } from '../machine/commit';
import { readManifest, type TemplateManifest, templateFile } from '../template/template';
import type { MadeWith } from './collect/environment';

/** What a run is made with beside its node. Recorded with the run: later nobody can tell. */
export async function madeWith(env: Environment): Promise<MadeWith> {
  const { templateKey } = readDeployedLab();
  const template = templateKey === undefined ? null : await manifestOf(env, templateKey);
  return {
    facts: {
      projectCommit: await commitOf(repositoryRoot),
      provider: `bpg/proxmox ${providerVersion()}`,
      templateKey: templateKey ?? null,
      moodle: template?.moodle.version ?? null,
    },
    templatePackages: template?.packages,
  };
}

/** Null where the template is not in the cache any more, as with guests that another machine has deployed. */
async function manifestOf(env: Environment, key: string): Promise<TemplateManifest | null> {
  const template = templateFile(env, key);
  return readManifest(template).catch(() => null);
}
