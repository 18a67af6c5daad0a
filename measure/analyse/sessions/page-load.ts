import type { QosSession } from '../../run/raw-data';

/** One page with everything that it loads. Times run from when the reader meant to start, so that a late start counts. */
export interface PageLoad {
  readonly client: string;
  readonly page: number;
  readonly url: string;
  readonly intendedAt: number;
  /** Seconds to the end of the last transfer; null where the page itself failed. */
  readonly loadSeconds: number | null;
  /** Seconds to the first byte of the page itself. */
  readonly firstByteSeconds: number | null;
  readonly bytes: number;
  readonly transfers: number;
  readonly failed: number;
}

/** One page as a browser showed it. Seconds from the intended start; null = that did not happen. */
export interface ShownPage {
  readonly client: string;
  readonly page: number;
  readonly intendedAt: number;
  readonly firstContentfulPaintSeconds: number | null;
  readonly largestContentfulPaintSeconds: number | null;
  readonly domContentLoadedSeconds: number | null;
  readonly loadEventSeconds: number | null;
}

export type ShownTime = Exclude<keyof ShownPage, 'client' | 'page' | 'intendedAt'>;

/** Pages as browsers showed them; none where no browser read. */
export function shownPages(timings: QosSession['pageTimings'] = []): ShownPage[] {
  return timings.map((timing) => {
    const { client, page, intendedAt } = timing;
    const after = (at: number | null): number | null => (at === null ? null : at - intendedAt);
    return {
      client,
      page,
      intendedAt,
      firstContentfulPaintSeconds: after(timing.firstContentfulPaintAt),
      largestContentfulPaintSeconds: after(timing.largestContentfulPaintAt),
      domContentLoadedSeconds: after(timing.domContentLoadedAt),
      loadEventSeconds: after(timing.loadAt),
    };
  });
}

/** Groups a session's transfers into pages, in order of client and page. Late transfers are no part of a page. */
export function pageLoads(transfers: QosSession['transfers']): PageLoad[] {
  const groups = new Map<string, QosSession['transfers'][number][]>();
  for (const transfer of transfers) {
    if (transfer.late) continue;
    const key = `${transfer.client}\n${String(transfer.page).padStart(6, '0')}`;
    groups.set(key, [...(groups.get(key) ?? []), transfer]);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]) => {
      const page = group.find((transfer) => transfer.kind === 'page');
      if (page === undefined) return [];
      const failed = group.filter(
        ({ error, status }) => error !== null || status === null || status >= 400,
      ).length;
      const pageFailed = page.error !== null || page.status === null || page.status >= 400;
      const end = Math.max(...group.map((transfer) => transfer.endedAt));
      return [
        {
          client: page.client,
          page: page.page,
          url: page.url,
          intendedAt: page.intendedAt,
          loadSeconds: pageFailed ? null : end - page.intendedAt,
          firstByteSeconds: page.firstByteAt === null ? null : page.firstByteAt - page.intendedAt,
          bytes: group.reduce((sum, transfer) => sum + transfer.bytes, 0),
          transfers: group.length,
          failed,
        },
      ];
    });
}
