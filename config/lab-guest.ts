import { InputError } from './input-error';
import type { Guest, Lab } from './lab';

/** The guest of that name. Throws InputError with those that there are. */
export function guestNamed({ guests }: Pick<Lab, 'guests'>, name: string): Guest {
  const guest = guests.find((candidate) => candidate.name === name);
  if (guest) return guest;
  const known = guests.map((candidate) => candidate.name).join(', ') || 'none';
  throw new InputError(`${name} is no guest of lab.yaml; its guests: ${known}`);
}
