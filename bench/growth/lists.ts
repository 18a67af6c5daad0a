/** What api-load.ts measures. */
export interface ApiLoad {
  /** Median milliseconds by path, one call after the other. */
  readonly lists: Readonly<Record<string, number>>;
  readonly callsPerSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

export const LISTS = [
  '/cluster/resources',
  '/nodes/pve/qemu',
  '/nodes/pve/qemu?full=1',
  '/nodes/pve/storage/local-lvm/content',
  '/nodes/pve/tasks',
];
