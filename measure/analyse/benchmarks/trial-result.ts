/** All benchmarks of a guest once: values by the keys of benchmarks, null = not measured. */
export interface TrialResult {
  readonly trial: number;
  readonly guest: string;
  readonly startedAt: number;
  readonly inGuest: Readonly<Record<string, number | null>>;
  readonly onNode: Readonly<Record<string, number | null>>;
  /** Of the guest's CPU time while its benchmarks ran; null where nothing keeps a clock of it, as emulated. */
  readonly stealPercent: number | null;
  /** Where the node's file was. */
  readonly nodeFileSystem: string | null;
  readonly diskCache: string | null;
  readonly diskFormat: string | null;
  readonly diskRefused: string | null;
  readonly fault: string | null;
}
