/** What a command of the node's own command line comes to. */
export interface Outcome {
  readonly exit: number;
  readonly stdout?: string;
  readonly stderr?: string;
  /** What the caller's program does then, in the place of an exit. */
  readonly further?: Continuation;
}

/** Work for which the caller's own terminal, files and rights are needed. */
export type Continuation =
  /** The program is replaced by this one. */
  | { readonly kind: 'exec'; readonly argv: readonly string[] }
  /** A file goes into the root file system that process `pid` sees, or comes out of it; `owner` is root in there. */
  | {
      readonly kind: 'push' | 'pull';
      readonly pid: number;
      readonly from: string;
      readonly to: string;
      readonly owner: { readonly uid: number; readonly gid: number };
      readonly mode: number | undefined;
    };

export const done = (stdout = ''): Outcome => ({ exit: 0, stdout });
export const failed = (stderr: string, exit = 255): Outcome => ({ exit, stderr: `${stderr.trimEnd()}\n` });

/** Ends a command with an outcome other than success. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  constructor(readonly outcome: Outcome) {
    super(outcome.stderr ?? '');
  }
}
