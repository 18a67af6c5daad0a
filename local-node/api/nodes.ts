import { ApiError } from '../base/api-error';
import type { LocalNode } from '../node';

/** The nodes for which one API answers, by name: today only the one that serves it. */
export class Nodes {
  private readonly byName: ReadonlyMap<string, LocalNode>;

  /** `serving` holds what concerns all nodes, such as users, and is what a path without a node means. */
  constructor(readonly serving: LocalNode) {
    this.byName = new Map([[serving.name, serving]]);
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  get(name: string): LocalNode | undefined {
    return this.byName.get(name);
  }

  /**
   * The node that a path names; the serving one where it names none, or localhost. Throws as Proxmox VE does where
   * there is no such node: it then looks for another machine of that name.
   */
  ofPath(name: string | undefined): LocalNode {
    if (name === undefined || name === 'localhost') return this.serving;
    const node = this.get(name);
    if (node) return node;
    const why = /^[a-zA-Z0-9-]+$/.test(name)
      ? 'Temporary failure in name resolution'
      : 'Name or service not known';
    throw new ApiError(
      500,
      `hostname lookup '${name}' failed - failed to get address info for: ${name}: ${why}`,
    );
  }
}
