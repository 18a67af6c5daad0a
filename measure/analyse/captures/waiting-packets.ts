import { Fifo } from './fifo';

/**
 * Packets of one direction that one end has seen and the other has not yet: the times of those that share a key, oldest
 * first. A lone packet is a number and no object, for most are.
 */
export class WaitingPackets {
  /** Made when needed: there may be very many sessions. */
  private waiting: Map<number, number | Fifo<number>> | null = null;
  /** Those that are too old to be matched. */
  private passed: Map<number, number[]> | null = null;

  /** True where another packet with this key is waiting, none of those from before `notBefore` counted. */
  add(key: number, time: number, notBefore: number): boolean {
    this.setAside(key, notBefore);
    this.waiting ??= new Map();
    const there = this.waiting.get(key);
    if (there === undefined) {
      this.waiting.set(key, time);
      return false;
    }
    if (typeof there === 'number') {
      const times = new Fifo<number>();
      times.push(there);
      times.push(time);
      this.waiting.set(key, times);
    } else {
      there.push(time);
    }
    return true;
  }

  /** Takes the oldest packet with this key that is not from before `notBefore`; `alone` where there was no other. */
  take(key: number, notBefore: number): { readonly time: number; readonly alone: boolean } | null {
    this.setAside(key, notBefore);
    const there = this.waiting?.get(key);
    if (there === undefined) return null;
    if (typeof there === 'number') {
      this.waiting?.delete(key);
      return { time: there, alone: true };
    }
    const time = there.shift();
    if (there.first === undefined) this.waiting?.delete(key);
    return time === undefined ? null : { time, alone: false };
  }

  /** All that were never taken, by key, each oldest first. */
  left(): ReadonlyMap<number, readonly number[]> {
    const all = new Map<number, readonly number[]>(this.passed ?? []);
    for (const [key, there] of this.waiting ?? []) {
      const times = typeof there === 'number' ? [there] : there.rest();
      all.set(key, [...(all.get(key) ?? []), ...times]);
    }
    return all;
  }

  private setAside(key: number, notBefore: number): void {
    const there = this.waiting?.get(key);
    if (there === undefined) return;
    const passed: number[] = [];
    if (typeof there === 'number') {
      if (!(there < notBefore)) return;
      passed.push(there);
      this.waiting?.delete(key);
    } else {
      for (let first = there.first; first !== undefined && first < notBefore; first = there.first) {
        passed.push(first);
        there.shift();
      }
      if (there.first === undefined) this.waiting?.delete(key);
    }
    if (passed.length === 0) return;
    this.passed ??= new Map();
    const earlier = this.passed.get(key);
    if (earlier === undefined) this.passed.set(key, passed);
    else for (const time of passed) earlier.push(time);
  }
}
