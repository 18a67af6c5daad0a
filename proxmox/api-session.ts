/** A ticket lives two hours; it is renewed after one, as Proxmox VE's own web interface does after a quarter of one. */
const RENEW_AFTER_MS = 60 * 60 * 1000;

export interface Ticket {
  readonly ticket: string;
  readonly CSRFPreventionToken: string;
}

interface Session extends Ticket {
  /** By the clock given to the constructor. */
  readonly since: number;
}

/**
 * The login by user name and password: made at the first call, renewed before its ticket ends. Calls that come at once
 * share one login and one renewal.
 */
export class ApiSession {
  private session?: Promise<Session>;

  constructor(
    /** Logs in; a ticket in the place of the password renews it. */
    private readonly logIn: (password: string) => Promise<Ticket>,
    private readonly password: string,
    /** Milliseconds; a steady clock. */
    private readonly now: () => number,
  ) {}

  /** Headers of a call. Rejects as the login does. */
  async headers(): Promise<Readonly<Record<string, string>>> {
    const current = this.session ?? this.begin(() => this.logIn(this.password));
    const { since } = await current;
    if (this.now() - since >= RENEW_AFTER_MS && this.session === current) {
      this.begin(async () => this.renew((await current).ticket));
    }
    const { ticket, CSRFPreventionToken } = await (this.session ?? current);
    return { cookie: `PVEAuthCookie=${encodeURIComponent(ticket)}`, CSRFPreventionToken };
  }

  /** After a call with these headers was answered 401: the next call logs in again. */
  async forget(headers: Readonly<Record<string, string>>): Promise<void> {
    const refused = this.session;
    const shown = await refused?.catch(() => undefined);
    // Another call may have logged in again already.
    if (this.session === refused && shown?.CSRFPreventionToken === headers.CSRFPreventionToken) {
      this.session = undefined;
    }
  }

  private begin(make: () => Promise<Ticket>): Promise<Session> {
    const session = make().then((ticket) => ({ ...ticket, since: this.now() }));
    this.session = session;
    // A login that failed is tried again by the next call.
    session.catch(() => {
      if (this.session === session) this.session = undefined;
    });
    return session;
  }

  /** A ticket that the node no longer takes, after its restart for one, needs the password again. */
  private async renew(ticket: string): Promise<Ticket> {
    return this.logIn(ticket).catch(() => this.logIn(this.password));
  }
}
