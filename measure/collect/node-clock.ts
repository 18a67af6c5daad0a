import type { Shell } from '../../proxmox/node-shell';

/** The node's wall clock as seen from here; all times of a run are the node's. */
export interface NodeClock {
  /** Unix seconds on the node. */
  now(): number;
  /** The node's clock less ours, seconds, and the most by which that may be wrong. */
  readonly offsetSeconds: number;
  readonly uncertaintySeconds: number;
}

/** Unix seconds: our wall clock read once, carried on by a clock that cannot be set. */
function steadyNow(): () => number {
  const start = Date.now() / 1000 - performance.now() / 1000;
  return () => start + performance.now() / 1000;
}

/**
 * Compares the clocks over SSH: of several exchanges the one with the shortest round trip counts, and half of that round
 * trip bounds the error (Cristian 1989).
 */
export async function compareClocks(
  shell: Shell,
  ourNow: () => number = steadyNow(),
  exchanges = 5,
): Promise<NodeClock> {
  let best: { offset: number; roundTrip: number } | undefined;
  for (let exchange = 0; exchange < exchanges; exchange++) {
    const before = ourNow();
    const { stdout } = await shell.run(['date', '+%s.%N']);
    const after = ourNow();
    const node = Number(stdout.trim());
    if (!Number.isFinite(node)) throw new Error(`date on the node printed "${stdout.trim()}", not a time`);
    const roundTrip = after - before;
    if (!best || roundTrip < best.roundTrip) best = { offset: node - (before + after) / 2, roundTrip };
  }
  const { offset, roundTrip } = best ?? { offset: Number.NaN, roundTrip: Number.NaN };
  // An offset within its own error is no offset: correcting by it would only add that error to every time.
  const applied = Math.abs(offset) > roundTrip / 2 ? offset : 0;
  return {
    now: () => ourNow() + applied,
    offsetSeconds: offset,
    uncertaintySeconds: roundTrip / 2,
  };
}
