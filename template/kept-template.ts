import type { DeployedLab } from '../config/deployed-lab';
import { type Template, templateFile } from './template';

export interface KeptTemplate {
  readonly template: Template;
  /** Key of the template that a new lab would be made of, where it is another one. */
  readonly newer: string | undefined;
}

/**
 * The template that the deployed guests were made of; that of today where nothing is deployed or LAB_NEW_TEMPLATE asks
 * for it. What decides its key, MOODLE_SOURCE for one, may be set in one terminal and forgotten in the next, and another
 * template replaces all guests.
 */
export function keptTemplate(
  env: NodeJS.ProcessEnv,
  { identity, templateKey }: Pick<DeployedLab, 'identity' | 'templateKey'>,
): KeptTemplate {
  const current = templateFile(env);
  const kept = identity && templateKey;
  if (!kept || kept === current.key || env.LAB_NEW_TEMPLATE === 'yes') {
    return { template: current, newer: undefined };
  }
  return { template: templateFile(env, kept), newer: current.key };
}
