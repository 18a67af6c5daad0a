import { realpath } from 'node:fs/promises';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { ApiError } from '../base/api-error';

/**
 * Where a storage that somebody declares may lie. The local node runs with the rights of whoever started it, and whoever
 * may declare storages could otherwise have it make directories and list files anywhere.
 */
export class StoragePlaces {
  constructor(
    /** The node's own: below it a storage may have any directory. */
    private readonly own: string,
    /** Those that the operator allows (LAB_NODE_DIRECTORIES), and all below them. */
    readonly allowed: readonly string[],
  ) {}

  /** Throws ApiError 501 with the reason. Symbolic links count as what they lead to. */
  async require(path: string): Promise<void> {
    const wanted = await followed(normalize(path).replace(/(.)\/+$/, '$1'));
    const below = (parent: string) => wanted.startsWith(parent + sep);
    if (below(await followed(this.own))) return;
    for (const directory of this.allowed) {
      const parent = await followed(directory);
      if (wanted === parent || below(parent)) return;
    }
    throw new ApiError(
      501,
      `the local node makes storages only below its own ${this.own} and in directories that its operator allows (LAB_NODE_DIRECTORIES when it comes up), and '${path}' is in neither`,
    );
  }
}

/** The path with the links of all that is there of it followed. */
async function followed(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    if ((code !== 'ENOENT' && code !== 'ENOTDIR') || dirname(path) === path) throw fault;
    return join(await followed(dirname(path)), basename(path));
  }
}
