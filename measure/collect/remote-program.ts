import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The command that runs one of remote/*.py on the node, in a client's namespace or in a guest. The program travels as an
 * argument: nothing is left behind, and standard input stays free.
 */
export function remoteProgram(
  name: 'sampler' | 'capture' | 'offloads' | 'reader' | 'probe' | 'environment',
  ...args: readonly (string | number)[]
): readonly string[] {
  const source = readFileSync(join(__dirname, 'remote', `${name}.py`), 'utf8');
  return ['python3', '-c', source, ...args.map(String)];
}
