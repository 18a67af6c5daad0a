import type { Lab } from './lab';
import type { SshTarget } from './target';

/** SSH of a node of the cluster: the lab's own, unless another is named. */
export function sshOfNode(
  own: SshTarget,
  { nodes }: Pick<Lab, 'nodes'>,
  node: string | undefined,
): SshTarget {
  if (node === undefined) return own;
  const { address, port } = nodes?.[node]?.ssh ?? { address: node, port: 22 };
  return { ...own, host: address, port };
}
