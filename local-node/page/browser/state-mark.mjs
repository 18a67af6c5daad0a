import { element, say } from './elements.mjs';

/** The state of a guest: a mark and the word, so that colour is not all there is. */
export function stateMark() {
  const word = element('span');
  const root = element(
    'span',
    { class: 'state' },
    element('span', { class: 'mark', 'aria-hidden': 'true' }),
    word,
  );
  return {
    root,
    /** @param {{ status: string, template?: number, lock?: string, fault?: string }} guest */
    update: ({ status, template, lock, fault }) => {
      root.dataset.state = template === 1 ? 'template' : status;
      const words = template === 1 ? 'template' : status;
      say(word, fault ?? (lock === undefined ? words : `${words} (${lock})`));
    },
  };
}
