/**
 * One lock for each guest: work that changes a guest excludes all other work on it, while any number of clones may
 * read a template at once. First come, first served.
 */
export class GuestLocks {
  private readonly queues = new Map<number, Queue>();

  /** Runs `work` alone. */
  exclusive<T>(vmid: number, work: () => Promise<T>): Promise<T> {
    return this.enter(vmid, work, false);
  }

  /** Runs `work` together with other shared work. */
  shared<T>(vmid: number, work: () => Promise<T>): Promise<T> {
    return this.enter(vmid, work, true);
  }

  private async enter<T>(vmid: number, work: () => Promise<T>, shared: boolean): Promise<T> {
    const queue = this.queues.get(vmid) ?? { holders: 0, sharedNow: false, waiting: [] };
    this.queues.set(vmid, queue);
    if (!canEnter(queue, shared) || queue.waiting.length > 0) {
      await new Promise<void>((proceed) => queue.waiting.push({ shared, proceed }));
    } else {
      hold(queue, shared);
    }
    try {
      return await work();
    } finally {
      queue.holders -= 1;
      for (let next = queue.waiting[0]; next && canEnter(queue, next.shared); next = queue.waiting[0]) {
        queue.waiting.shift();
        hold(queue, next.shared);
        next.proceed();
      }
      if (queue.holders === 0) this.queues.delete(vmid);
    }
  }
}

interface Queue {
  holders: number;
  sharedNow: boolean;
  readonly waiting: { readonly shared: boolean; readonly proceed: () => void }[];
}

function canEnter(queue: Queue, shared: boolean): boolean {
  return queue.holders === 0 || (shared && queue.sharedNow);
}

function hold(queue: Queue, shared: boolean): void {
  queue.holders += 1;
  queue.sharedNow = shared;
}
