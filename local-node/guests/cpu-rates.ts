import type { Clock } from '../base/clock';
import { NODE_CPUS } from './guest-spec';

/** Proxmox VE computes a new rate only when 10 s of CPU time of the whole machine have gone by. */
const REFRESH_CPU_SECONDS = 10;

/** What a rate is made of. */
interface CpuCounter {
  readonly vmid: number;
  readonly pid: number;
  readonly cpuSeconds: number;
}

interface CpuSample {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly cpuSeconds: number;
  /** Last computed rate, a share of the guest's own CPUs. */
  readonly rate: number;
}

/** CPU use of guests from two samples of the same process. */
export class CpuRates {
  private readonly samples = new Map<number, CpuSample>();

  constructor(private readonly clock: Clock) {}

  /** A share of the guest's own CPUs, 0 until two samples are far enough apart. */
  rate({ vmid, pid, cpuSeconds }: CpuCounter, guestCpus: number): number {
    const time = this.clock.steady();
    const last = this.samples.get(vmid);
    if (last?.pid !== pid) {
      this.samples.set(vmid, { pid, time, cpuSeconds, rate: 0 });
      return 0;
    }
    const elapsed = (time - last.time) / 1000;
    if (elapsed * NODE_CPUS <= REFRESH_CPU_SECONDS) return last.rate;
    const rate = (cpuSeconds - last.cpuSeconds) / elapsed / guestCpus;
    this.samples.set(vmid, { pid, time, cpuSeconds, rate });
    return rate;
  }

  forget(vmid: number): 0 {
    this.samples.delete(vmid);
    return 0;
  }
}
