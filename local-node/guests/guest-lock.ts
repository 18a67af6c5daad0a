import { ApiError } from '../base/api-error';

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

  /**
   * Runs `work` together with other shared work. Who holds another guest's lock already says how many seconds it waits
   * at most: two that wait for each other would do so for ever. Throws ApiError 500 then.
   */
  shared<T>(vmid: number, work: () => Promise<T>, seconds?: number): Promise<T> {
    return this.enter(vmid, work, true, seconds);
  }

  private async enter<T>(
    vmid: number,
    work: () => Promise<T>,
    shared: boolean,
    seconds?: number,
  ): Promise<T> {
    const queue = this.queues.get(vmid) ?? { holders: 0, sharedNow: false, waiting: [] };
    this.queues.set(vmid, queue);
    if (!canEnter(queue, shared) || queue.waiting.length > 0) {
      await turnIn(queue, shared, vmid, seconds);
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

/** Resolves when the turn has come, and this work is among the holders. */
function turnIn(queue: Queue, shared: boolean, vmid: number, seconds?: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const entry = {
      shared,
      proceed: () => {
        clearTimeout(timer);
        resolve();
      },
    };
    queue.waiting.push(entry);
    const give = () => {
      queue.waiting.splice(queue.waiting.indexOf(entry), 1);
      reject(new ApiError(500, `can't lock file '/var/lock/qemu-server/lock-${vmid}.conf' - got timeout`));
    };
    const timer = seconds === undefined ? undefined : setTimeout(give, seconds * 1000);
  });
}

function canEnter(queue: Queue, shared: boolean): boolean {
  return queue.holders === 0 || (shared && queue.sharedNow);
}

function hold(queue: Queue, shared: boolean): void {
  queue.holders += 1;
  queue.sharedNow = shared;
}
