import { ApiError } from '../base/api-error';
import type { Clock } from '../base/clock';
import { passwordFits } from './secrets';

/** Wrong passwords after which a name waits. */
const FAILURES = 10;
const WAIT_SECONDS = 60;
/** Logins that may wait for their turn. */
const MOST_WAITING = 50;

/**
 * Checks passwords so that nobody can try many: each check costs time and memory, so there is one at a time, and after
 * ten failures a name waits a minute. Whether there is such a user shows neither by the answer nor by its time.
 */
export class LoginGuard {
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  /** By name, the one with the oldest failure first. */
  private readonly failed = new Map<string, { readonly count: number; readonly at: number }>();

  constructor(private readonly clock: Clock) {}

  /** `hashOf` is asked when it is the login's turn; undefined for nobody. Throws 429 without looking at the password. */
  async fits(name: string, password: string, hashOf: () => string | undefined): Promise<boolean> {
    if (this.waiting >= MOST_WAITING) throw new ApiError(429, 'too many logins at once, try again later');
    this.waiting += 1;
    const mine = this.turn.then(() => this.check(name, password, hashOf()));
    this.turn = mine.catch(() => undefined);
    try {
      return await mine;
    } finally {
      this.waiting -= 1;
    }
  }

  private async check(name: string, password: string, hash: string | undefined): Promise<boolean> {
    this.forget();
    const count = this.failed.get(name)?.count ?? 0;
    if (count >= FAILURES) throw new ApiError(429, 'too many failed logins, try again in a minute');
    const fits = await passwordFits(password, hash);
    this.failed.delete(name);
    if (!fits) this.failed.set(name, { count: count + 1, at: this.clock.steady() });
    return fits;
  }

  private forget(): void {
    const since = this.clock.steady() - WAIT_SECONDS * 1000;
    for (const [name, { at }] of this.failed) {
      if (at > since) return;
      this.failed.delete(name);
    }
  }
}
