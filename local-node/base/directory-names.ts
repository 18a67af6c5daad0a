import { readdirSync, statSync } from 'node:fs';
import { fileVersion } from './file-version';

/** Lists directories, and remembers each for as long as it is the same: looking costs a tenth of reading. */
export class DirectoryNames {
  private readonly known = new Map<string, { readonly version: string; readonly names: readonly string[] }>();

  /** Empty where there is no such directory. */
  of(directory: string): readonly string[] {
    const stats = statSync(directory, { throwIfNoEntry: false });
    const version = stats && fileVersion(stats);
    const known = this.known.get(directory);
    if (known && known.version === version) return known.names;
    const names = stats?.isDirectory() ? namesIn(directory) : [];
    if (version === undefined) this.known.delete(directory);
    else this.known.set(directory, { version, names });
    return names;
  }
}

/** Somebody may have removed it since. */
function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fault;
  }
}
