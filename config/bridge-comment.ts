import type { Lab } from './lab';

/** Comment of a network's bridge on the node; by it a bridge is told to be the lab's. */
export function bridgeComment(lab: Pick<Lab, 'name'>, network: keyof Lab['networks'], tag: string): string {
  return `${lab.name}: ${network} (${tag})`;
}
