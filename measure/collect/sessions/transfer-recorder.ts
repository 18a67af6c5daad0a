import type { Transfer } from '../../run/raw-data';

/** The fields used of the events of the Chrome DevTools Protocol's domain Network. Times are monotonic seconds. */
interface RequestWillBeSent {
  readonly requestId: string;
  readonly request: { readonly url: string };
  readonly timestamp: number;
  /** Unix seconds of the same instant. */
  readonly wallTime: number;
  readonly type?: string;
  readonly redirectResponse?: NetworkResponse;
}

interface NetworkResponse {
  readonly status: number;
  readonly fromDiskCache?: boolean;
  /** Bytes received so far: those of the headers. */
  readonly encodedDataLength: number;
  readonly timing?: NetworkTiming;
}

/** Milliseconds after `requestTime`; −1 = that did not take place. */
interface NetworkTiming {
  readonly requestTime: number;
  readonly dnsStart: number;
  readonly connectStart: number;
  readonly sendStart: number;
  readonly receiveHeadersStart: number;
  readonly receiveHeadersEnd: number;
}

interface Pending {
  readonly record: Omit<Transfer, 'startedAt' | 'firstByteAt' | 'endedAt' | 'status' | 'error'>;
  readonly requestedAt: number;
  /** Unix seconds less monotonic seconds. */
  readonly offset: number;
  response?: NetworkResponse;
  received: number;
  cached: boolean;
}

/**
 * Makes transfers of what a browser reports of its network. What comes from its cache, is never sent, or goes to other
 * servers is not a transfer. `startedAt` is when a connection was opened or taken for the request; before that it waits for one
 * of its six connections. Pure.
 */
export class TransferRecorder {
  private readonly recorded: Transfer[] = [];
  private readonly pending = new Map<string, Pending>();
  private page = 0;
  private pageRequest: string | undefined;
  private pageIntendedAt = 0;
  private settled = false;

  constructor(private readonly origin: string) {}

  /** What is requested from now on belongs to this page; the first document is the page itself. */
  beginPage(page: number, intendedAt: number): void {
    this.page = page;
    this.pageIntendedAt = intendedAt;
    this.pageRequest = undefined;
    this.settled = false;
  }

  /** What is requested from now on is late. Returns the end of the page's last transfer; null = none ended. */
  settlePage(): number | null {
    this.settled = true;
    const ends = this.recorded.filter(({ page }) => page === this.page).map(({ endedAt }) => endedAt);
    return ends.length === 0 ? null : Math.max(...ends);
  }

  /** All transfers, in the order in which they ended; those that have not, failed at `now` (Unix seconds). */
  finish(now: number): readonly Transfer[] {
    for (const pending of this.pending.values()) {
      this.record(pending, now, pending.received, 'had not ended with the session');
    }
    this.pending.clear();
    return this.recorded;
  }

  requestWillBeSent(event: RequestWillBeSent): void {
    const before = this.pending.get(event.requestId);
    if (before && event.redirectResponse) {
      before.response = event.redirectResponse;
      const { timing } = event.redirectResponse;
      const end = timing ? timing.requestTime + timing.receiveHeadersEnd / 1000 : event.timestamp;
      this.record(before, end + before.offset, 0, null);
    }
    this.pending.delete(event.requestId);
    const isPage = event.type === 'Document' && (this.pageRequest ?? event.requestId) === event.requestId;
    if (isPage) this.pageRequest = event.requestId;
    if (!event.request.url.startsWith(`${this.origin}/`)) return;
    const requestedAt = event.wallTime;
    this.pending.set(event.requestId, {
      record: {
        url: event.request.url.replace(/#.*/s, ''),
        kind: isPage ? 'page' : 'asset',
        page: this.page,
        late: this.settled ? true : undefined,
        intendedAt: isPage && !event.redirectResponse ? this.pageIntendedAt : requestedAt,
        bytes: 0,
      },
      requestedAt,
      offset: event.wallTime - event.timestamp,
      received: 0,
      cached: false,
    });
  }

  requestServedFromCache({ requestId }: { readonly requestId: string }): void {
    const pending = this.pending.get(requestId);
    if (pending) pending.cached = true;
  }

  responseReceived(event: { readonly requestId: string; readonly response: NetworkResponse }): void {
    const pending = this.pending.get(event.requestId);
    if (!pending) return;
    pending.response = event.response;
    pending.cached ||= event.response.fromDiskCache === true;
  }

  dataReceived(event: { readonly requestId: string; readonly encodedDataLength: number }): void {
    const pending = this.pending.get(event.requestId);
    if (pending) pending.received += event.encodedDataLength;
  }

  loadingFinished(event: {
    readonly requestId: string;
    readonly timestamp: number;
    readonly encodedDataLength: number;
  }): void {
    const pending = this.take(event.requestId);
    if (!pending) return;
    const headers = pending.response?.encodedDataLength ?? 0;
    this.record(pending, event.timestamp + pending.offset, event.encodedDataLength - headers, null);
  }

  loadingFailed(event: {
    readonly requestId: string;
    readonly timestamp: number;
    readonly errorText: string;
    readonly blockedReason?: string;
  }): void {
    const pending = this.take(event.requestId);
    if (!pending || event.blockedReason !== undefined) return;
    this.record(pending, event.timestamp + pending.offset, pending.received, event.errorText);
  }

  private take(requestId: string): Pending | undefined {
    const pending = this.pending.get(requestId);
    this.pending.delete(requestId);
    return pending;
  }

  private record(pending: Pending, endedAt: number, bytes: number, error: string | null): void {
    if (pending.cached) return;
    const { record, response, requestedAt, offset } = pending;
    const timing = response?.timing;
    const at = (milliseconds: number) => (timing?.requestTime ?? 0) + milliseconds / 1000 + offset;
    const begun = timing
      ? [timing.dnsStart, timing.connectStart, timing.sendStart].filter((milliseconds) => milliseconds >= 0)
      : [];
    this.recorded.push({
      ...record,
      startedAt: begun.length > 0 ? at(Math.min(...begun)) : requestedAt,
      firstByteAt: timing && timing.receiveHeadersStart >= 0 ? at(timing.receiveHeadersStart) : null,
      endedAt,
      status: response?.status ?? null,
      bytes: Math.max(0, bytes),
      error,
    });
  }
}
