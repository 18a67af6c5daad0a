import { type Finding, ok, warning } from './finding';
import type { NodeFacts } from './node-facts';

/** Tickets and certificates are judged by both clocks; files of a run are dated by this machine's. */
const MOST_SECONDS = 10;

export function checkClock({ clockAheadSeconds }: NodeFacts): readonly Finding[] {
  const subject = 'clock of the node';
  if ('fault' in clockAheadSeconds) return [warning(subject, clockAheadSeconds.fault, 'npm run privileges')];
  const ahead = clockAheadSeconds.value;
  if (Math.abs(ahead) <= MOST_SECONDS) return [ok(subject, 'as that of this machine')];
  const found = `${Math.abs(Math.round(ahead))} s ${ahead > 0 ? 'ahead of' : 'behind'} this machine's`;
  return [warning(subject, found, 'let both keep time (timedatectl set-ntp true)')];
}
