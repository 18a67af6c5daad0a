/** One thing that was looked at. `remedy` is what to do about it, for all but ok. */
export interface Finding {
  readonly subject: string;
  /** warning: works without it, but less well or for less. */
  readonly state: 'ok' | 'warning' | 'fault';
  readonly found: string;
  readonly remedy?: string;
  /** A warning that a command which also measures stops for. */
  readonly stopsMeasuring?: true;
}

export function ok(subject: string, found: string): Finding {
  return { subject, state: 'ok', found };
}

export function warning(subject: string, found: string, remedy: string): Finding {
  return { subject, state: 'warning', found, remedy };
}

export function fault(subject: string, found: string, remedy: string): Finding {
  return { subject, state: 'fault', found, remedy };
}

/** One sentence for each fault, as a command says it that stops for them. */
export function faultLines(findings: readonly Finding[], measuring = false): readonly string[] {
  return findings
    .filter(({ state, stopsMeasuring }) => state === 'fault' || (measuring && stopsMeasuring))
    .map(({ subject, found, remedy }) => `${subject}: ${found}${remedy ? ` (${remedy})` : ''}`);
}
