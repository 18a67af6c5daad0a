import { element } from './elements.mjs';

/** Short messages at the edge, which screen readers say too. Warnings stay until they are closed. */

/** How long a message stays, ms. */
const STAY = 8000;
const MOST = 4;

const polite = element('div', { role: 'status' });
const urgent = element('div', { role: 'alert' });

export const notices = element('div', { class: 'notices' }, urgent, polite);

/** @param {...(Node | string)} content */
export function tell(...content) {
  const notice = add(polite, 'notice', content);
  setTimeout(() => notice.remove(), STAY);
}

/** @param {...(Node | string)} content */
export function warn(...content) {
  add(urgent, 'notice warning', content);
}

/**
 * @param {HTMLElement} where
 * @param {string} kind
 * @param {readonly (Node | string)[]} content
 */
function add(where, kind, content) {
  const close = element(
    'button',
    { type: 'button', class: 'quiet', 'aria-label': 'Close this message' },
    '×',
  );
  const notice = element('div', { class: kind }, element('p', {}, ...content), close);
  close.addEventListener('click', () => notice.remove());
  where.append(notice);
  while (where.children.length > MOST) where.firstElementChild?.remove();
  return notice;
}
