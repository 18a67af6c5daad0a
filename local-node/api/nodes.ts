import { ApiError } from '../base/api-error';
import type { LocalNode } from '../node';

/** The nodes for which one API answers, and the one that serves it: today the only one. */
export class Nodes {
  constructor(readonly serving: LocalNode) {}

  /**
   * The node that a path names; the one that serves where a path names none. Throws as Proxmox VE does where there is no
   * such node: it then looks for another machine of that name.
   */
  named(name: string | undefined): LocalNode {
    if (name === undefined || name === this.serving.name || name === 'localhost') return this.serving;
    const why = /^[a-zA-Z0-9-]+$/.test(name)
      ? 'Temporary failure in name resolution'
      : 'Name or service not known';
    throw new ApiError(
      500,
      `hostname lookup '${name}' failed - failed to get address info for: ${name}: ${why}`,
    );
  }
}
