import type { Summary } from '../summary';

/** Where the delay of the clients' links was made, in sessions and under load; empty = there was none. */
export function delayPlaces({ sessions, ladders }: Summary): readonly ('node' | 'guest')[] {
  const made = [...sessions.map(({ link }) => link?.delayMadeIn), ...ladders.map((each) => each.delayMadeIn)];
  return [...new Set(made.flatMap((place) => place ?? []))].sort();
}
