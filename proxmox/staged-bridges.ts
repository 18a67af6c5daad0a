import { bridgeComment } from '../config/bridge-comment';
import type { Lab } from '../config/lab';
import type { ApiClient } from './api-client';

export interface InterfaceRow {
  readonly iface: string;
  readonly comments?: string;
}

/** Interfaces that the difference between interfaces and interfaces.new is about. */
export function stagedInterfaces(difference: string | null | undefined): readonly string[] {
  const names = (difference ?? '').matchAll(/^[+-](?:auto|iface)\s+(\S+)/gm);
  return [...new Set([...names].map(([, name = '']) => name))].filter((name) => name !== 'lo');
}

/** Of the bridges that carry the lab's name and tag those that are declared and have never been applied. */
export function stagedBridges(
  rows: readonly InterfaceRow[],
  difference: string | null | undefined,
  lab: Pick<Lab, 'name' | 'networks'>,
  tag: string,
): readonly string[] {
  const has = (sign: string, name: string) =>
    new RegExp(`^\\${sign}iface ${name} `, 'm').test(difference ?? '');
  return (['servers', 'clients'] as const)
    .map((network) => ({ name: lab.networks[network].bridge, comment: bridgeComment(lab, network, tag) }))
    .filter(({ name, comment }) => {
      const row = rows.find(({ iface }) => iface === name);
      return row?.comments?.trim() === comment && has('+', name) && !has('-', name);
    })
    .map(({ name }) => name);
}

/**
 * Takes back what a deployment that failed has declared and not applied: Terraform does not know it, and no later
 * deployment could make it. Nothing on the network changes by it. `known`: the bridges in Terraform's state.
 */
export async function removeStagedBridges(
  api: Pick<ApiClient, 'getAnswer' | 'delete' | 'node'>,
  lab: Pick<Lab, 'name' | 'networks'>,
  tag: string,
  known: ReadonlySet<string> | undefined,
): Promise<readonly string[]> {
  const { data, changes } = await api.getAnswer<readonly InterfaceRow[]>(api.node('network'));
  const left = stagedBridges(data, changes, lab, tag).filter((name) => known && !known.has(name));
  for (const name of left) await api.delete(api.node(`network/${name}`));
  return left;
}
