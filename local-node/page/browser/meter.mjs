import { element, say } from './elements.mjs';

/** @typedef {{ root: HTMLElement, update: (words: string, share?: number) => void }} Figure */

/**
 * A figure with its name and, where it is a share of something, a bar.
 * @param {string} name
 * @param {{ bar?: boolean, note?: string }} [options]
 * @returns {Figure}
 */
export function figure(name, { bar = false, note } = {}) {
  const value = element('dd', {}, '–');
  const root = element('div', { class: 'figure' }, element('dt', {}, name), value);
  if (note !== undefined) root.append(element('dd', { class: 'note' }, note));
  if (!bar) return { root, update: (words) => say(value, words) };
  const meter = element('meter', { min: 0, max: 1, high: 0.9, optimum: 0, 'aria-label': name });
  root.append(element('dd', { class: 'bar' }, meter));
  return {
    root,
    update: (words, share = 0) => {
      say(value, words);
      meter.value = share;
      meter.setAttribute('aria-valuetext', words);
    },
  };
}
