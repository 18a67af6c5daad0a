import type { Clock } from '../base/clock';

/**
 * Which guests the node has not looked at since they were made. Proxmox VE fills its lists from figures that a service
 * (pvestatd) takes of all guests every 10 s; until then a new guest has neither status nor name there. The looks of
 * the local node are a grid of its own clock, so that no timer runs for them.
 */
export class FirstLooks {
  private readonly made = new Map<number, number>();
  private readonly begun: number;

  /** `seconds` between two looks; 0 = each guest is looked at when it is asked for. */
  constructor(
    private readonly clock: Clock,
    private readonly seconds: number,
  ) {
    this.begun = clock.steady();
  }

  add(vmid: number): void {
    if (this.seconds > 0) this.made.set(vmid, this.looks());
  }

  isAhead(vmid: number): boolean {
    const made = this.made.get(vmid);
    if (made === undefined) return false;
    if (made === this.looks()) return true;
    this.made.delete(vmid);
    return false;
  }

  private looks(): number {
    return Math.floor((this.clock.steady() - this.begun) / (this.seconds * 1000));
  }
}
