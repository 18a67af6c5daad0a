/**
 * The language that a report is drawn in. Sections and charts are drawn synchronously and ask here, as every number and every
 * word in them depends on it; nothing outside of `inLanguage` is ever drawn in anything but English.
 */
export const languages = ['en', 'id'] as const;

export type Language = (typeof languages)[number];

let current: Language = 'en';

/** The language of what is being drawn. */
export function language(): Language {
  return current;
}

/** Draws in a language. `draw` must not be asynchronous: what waits would go on in another's language. */
export function inLanguage<T>(wanted: Language, draw: () => T): T {
  const before = current;
  current = wanted;
  try {
    return draw();
  } finally {
    current = before;
  }
}
