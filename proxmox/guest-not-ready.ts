export type NotReadyReason =
  | 'guest-stopped'
  | 'guest-vanished'
  | 'cloud-init-failed'
  | 'application-missing'
  | 'status-unreadable'
  | 'node-unreachable'
  | 'deadline';

/** A guest that will not become ready, or did not in time. The message says all of it, log tail included. */
export class GuestNotReadyError extends Error {
  override readonly name = 'GuestNotReadyError';
  constructor(
    readonly guest: string,
    readonly reason: NotReadyReason,
    private readonly text: string,
    /** Last lines of the guest's /var/log/cloud-init-output.log, where they could be had. */
    readonly logTail: readonly string[] = [],
    options: {
      cause?: unknown;
      /** Lines about what was kept of it. */
      kept?: readonly string[];
    } = {},
  ) {
    const kept = (options.kept ?? []).map((line) => `\n${line}`).join('');
    const tail =
      logTail.length > 0 ? `\nlast lines of its cloud-init-output.log:\n  ${logTail.join('\n  ')}` : '';
    super(`${guest}: ${text}${kept}${tail}`, options);
  }

  /** The same, with what was kept of it: before the log's lines, since whoever shows this may cut off its end. */
  with(kept: readonly string[]): GuestNotReadyError {
    return new GuestNotReadyError(this.guest, this.reason, this.text, this.logTail, {
      cause: this.cause,
      kept,
    });
  }
}
