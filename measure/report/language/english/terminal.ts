/** The main figures in a terminal. */
export const terminal = {
  all: (label: string) => `All figures: ${label}`,
  levels: ['Running guests', 'CPU of all', 'Memory used', 'Load, 1 min'],
  applications: ['Application', 'Throughput', 'Loss', 'Delay, one way', 'Jitter', 'Page load'],
  disturbed: 'disturbed by other programs',
  transient: 'transient',
  notInstalled: (reason: string) => `not installed: ${reason}`,
  unknown: 'unknown',
  load: (finding: string) => `Load: ${finding}`,
  fault: (fault: string) => `Incomplete: ${fault}`,
};
