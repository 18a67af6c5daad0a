import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../base/clock';

/** How long a link logs in, seconds. */
export const LINK_SECONDS = 600;
/** Links that may wait to be used; the oldest gives way. */
const MOST = 20;

/** Secrets that log in once and not for long. Only their hashes are kept, and those in memory alone. */
export class LoginLinks {
  /** Hash of the secret → who is logged in, and until when, milliseconds since the node's start. */
  private readonly waiting = new Map<string, { readonly userId: string; readonly until: number }>();

  constructor(private readonly clock: Clock) {}

  /** 256 bits, for the part of an address that browsers do not send. */
  make(userId: string): string {
    const secret = randomBytes(32).toString('base64url');
    const [oldest] = this.waiting.keys();
    if (oldest !== undefined && this.waiting.size >= MOST) this.waiting.delete(oldest);
    this.waiting.set(hashOf(secret), { userId, until: this.clock.steady() + LINK_SECONDS * 1000 });
    return secret;
  }

  /** The user whom the secret logs in; undefined if it was used, is too old or never was. */
  redeem(secret: string): string | undefined {
    const hash = hashOf(secret);
    const found = this.waiting.get(hash);
    this.waiting.delete(hash);
    return found && this.clock.steady() < found.until ? found.userId : undefined;
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64');
}
