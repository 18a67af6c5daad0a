/** Commands that are no call of the API. */

import type { LocalNode } from '../node';
import { call, segmentsOf } from './call';
import { containerCommands } from './container-commands';
import { guestExec } from './guest-exec';
import type { Outcome } from './outcome';
import { done } from './outcome';

export type Work = (node: LocalNode, args: readonly string[]) => Promise<Outcome> | Outcome;

/** By program and name. */
export const OWN_COMMANDS: Readonly<Record<string, Work>> = {
  ...containerCommands,
  'qm guest exec': guestExec,
  'qm unlock': async (node, [vmid = '']) => {
    const segments = segmentsOf(node, '/nodes/{node}/qemu/{vmid}/config', { vmid });
    await call(node, ['PUT'], segments, { delete: 'lock', skiplock: '1' });
    return done();
  },
};
