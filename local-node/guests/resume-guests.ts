import type { GuestStore } from './guest-store';
import type { RunMarkers } from './run-markers';

interface ResumeUses {
  readonly engine: {
    recover(): Promise<Iterable<number>>;
    stop(vmid: number): Promise<unknown>;
  };
  readonly store: GuestStore;
  readonly markers: RunMarkers;
}

/** Takes over what still runs, virtual machines or containers, and starts those that ran before or have onboot set. */
export async function resumeGuests(
  { engine, store, markers }: ResumeUses,
  start: (vmid: number) => void,
): Promise<void> {
  const running = new Set(await engine.recover());
  for (const vmid of running) {
    if (store.has(vmid)) await markers.mark(vmid);
    else await engine.stop(vmid);
  }
  const marked = await markers.all();
  for (const [vmid, { values }] of store.readable()) {
    if (running.has(vmid) || values.get('template') === '1') continue;
    if (!marked.has(vmid) && values.get('onboot') !== '1') continue;
    start(vmid);
  }
}
