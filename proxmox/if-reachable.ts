import { loadTarget } from '../config';
import type { Lab } from '../config/lab';
import { TargetError } from '../config/load-target';
import { ApiClient } from './api-client';
import { NodeUnreachableError } from './connection-fault';

/**
 * What `ask` finds on the lab's node, or why it is out of reach: the local node is not up, its variables are missing, or
 * nothing answers. Whatever else fails is thrown.
 */
export async function ifReachable<T>(
  lab: Pick<Lab, 'nodeName'>,
  ask: (client: ApiClient) => Promise<T>,
): Promise<{ readonly found: T } | { readonly unreachable: Error }> {
  let client: ApiClient | undefined;
  try {
    client = new ApiClient(loadTarget(lab));
    return { found: await ask(client) };
  } catch (error) {
    if (!(error instanceof TargetError || error instanceof NodeUnreachableError)) throw error;
    return { unreachable: error };
  } finally {
    await client?.close();
  }
}
