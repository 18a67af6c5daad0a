import type { LocalExecProvisioner } from 'cdktf';
import { repositoryRoot } from '../config';

/**
 * A script of this project as a provisioner. Terraform hands the command to a shell in its own directory, hence the
 * working directory and the quotes. Secrets never go here: the script reads them itself.
 */
export function localCommand(script: string, ...args: readonly string[]): LocalExecProvisioner {
  const quoted = args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`);
  return {
    type: 'local-exec',
    workingDir: repositoryRoot,
    // As bin/tsx does it, without a second process: a lab of many guests runs hundreds of these.
    command: ['node --require tsx/cjs', script, ...quoted].join(' '),
  };
}
