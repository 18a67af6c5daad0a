import { element } from './elements.mjs';

/**
 * Asks before something is done that cannot be taken back. The focus is on Cancel, and goes back to where it was.
 * @param {string} question
 * @param {string} detail what it means
 * @param {string} yes the words of the button
 * @returns {Promise<boolean>}
 */
export function confirmed(question, detail, yes) {
  const title = element('h2', { id: 'question' }, question);
  const text = element('p', { id: 'detail' }, detail);
  const no = element('button', { value: 'no', autofocus: true }, 'Cancel');
  const go = element('button', { value: 'yes', class: 'danger' }, yes);
  const form = element(
    'form',
    { method: 'dialog' },
    title,
    text,
    element('div', { class: 'actions' }, no, go),
  );
  const dialog = element('dialog', { 'aria-labelledby': 'question', 'aria-describedby': 'detail' }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}
