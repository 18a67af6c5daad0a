import type { Summary } from '../../analyse/summary';
import { quantity } from '../document/format';
import { rangeOf } from './words';

/** From what the sessions began; nothing where their guests had gone on. */
export function resetSentences(sessions: Summary['sessions']): readonly string[] {
  const resets = sessions.flatMap(({ reset }) => reset ?? []);
  const [first] = resets;
  if (!first) return [];
  const all =
    resets.length === sessions.length ? 'Each session' : `${resets.length} of ${sessions.length} sessions`;
  const begin = resets.length === sessions.length || resets.length === 1 ? 'begins' : 'begin';
  const took = rangeOf(
    resets.map(({ seconds }) => seconds),
    's',
  );
  const until = took === null ? '' : `, which took ${took} until the application answered`;
  if (first.from === 'boot') return [`${all} ${begin} with a boot of its guest${until}.`];
  const memory = first.snapshot?.withMemory ? ' with memory' : '';
  const still = rangeOf(
    resets.flatMap(({ stillSeconds }) => stillSeconds ?? []),
    's',
  );
  // Each session of a guest tells of the same snapshot.
  const taken = new Map(
    sessions.flatMap(({ guest, reset }) => (reset?.snapshot?.taken ? [[guest, reset.snapshot.taken]] : [])),
  );
  const taking = rangeOf(
    [...taken.values()].map(({ seconds }) => seconds),
    's',
  );
  const bytes = [...taken.values()].flatMap(({ bytes }) => bytes ?? []);
  const size = bytes.length === 0 ? '' : ` and kept ${quantity(Math.max(...bytes) / 2 ** 20, 'MiB')} at most`;
  return [
    `${all} ${begin} from one and the same snapshot of its guest${memory}${until}.`,
    ...(taking === null ? [] : [`Taking the snapshots took ${taking}${size}.`]),
    ...(still === null ? [] : [`A guest that was rolled back did not answer for ${still}.`]),
  ];
}
