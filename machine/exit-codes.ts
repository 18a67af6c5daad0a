/** What a program is told by the exit code of every command; docs/reference/exit-codes.md has the same table. */
export const EXIT = {
  done: 0,
  failed: 1,
  badInput: 2,
  incomplete: 3,
  missing: 4,
  exceeded: 5,
  stopped: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const meanings: Readonly<Record<keyof typeof EXIT, string>> = {
  done: 'done',
  failed: 'failed',
  badInput: 'bad input',
  incomplete: 'ended incomplete',
  missing: 'something is missing on this machine',
  exceeded: 'a budget is exceeded',
  stopped: 'stopped',
};

/** The table in one line, for --help. */
export function describeExitCodes(): string {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  return `Exit codes: ${names.map((name) => `${EXIT[name]} ${meanings[name]}`).join(', ')}.`;
}
