import { english, type Messages } from './english/english';
import { indonesian } from './indonesian/indonesian';
import { language } from './language';

const catalogues: Readonly<Record<ReturnType<typeof language>, Messages>> = {
  en: english,
  id: indonesian,
};

/** The words of the language that is being drawn. */
export function say(): Messages {
  return catalogues[language()];
}
