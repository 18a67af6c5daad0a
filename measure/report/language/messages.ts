import { english } from './english/english';
import { language } from './language';

/** All words of a report: what English has, every other language must have too. */
export type Messages = typeof english;

const catalogues: Readonly<Record<ReturnType<typeof language>, Messages>> = { en: english };

/** The words of the language that is being drawn. */
export function say(): Messages {
  return catalogues[language()];
}
