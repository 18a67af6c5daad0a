import type { GuestStore } from './guest-store';
import type { RunMarkers } from './run-markers';

interface ResumeUses {
  readonly engine: {
    recover(): Promise<Iterable<number>>;
    isRunning(vmid: number): boolean;
    stop(vmid: number): Promise<unknown>;
  };
  readonly store: GuestStore;
  readonly markers: RunMarkers;
}

/**
 * Takes over what still runs, virtual machines or containers, and starts those that ran before or have onboot set.
 * Between the two `mend` ends what a crash has cut off, in guests that run too.
 */
export async function resumeGuests(
  { engine, store, markers }: ResumeUses,
  mend: () => Promise<void>,
  start: (vmid: number) => void,
): Promise<void> {
  const running = new Set(await engine.recover());
  for (const vmid of running) {
    if (store.has(vmid)) await markers.mark(vmid);
    else await engine.stop(vmid);
  }
  await mend();
  const marked = await markers.all();
  for (const [vmid, { values }] of store.readable()) {
    if (engine.isRunning(vmid) || values.get('template') === '1') continue;
    if (!marked.has(vmid) && values.get('onboot') !== '1') continue;
    start(vmid);
  }
}
