import { get } from '../api.mjs';
import { element, Keyed, say } from '../elements.mjs';
import { ofNode } from '../node.mjs';
import { usage } from '../words.mjs';

/** @typedef {{ storage: string, type: string, content: string, active: number, enabled: number, total: number,
 *   used: number }} Storage */

const HEADS = /** @type {const} */ ([
  ['ID', ''],
  ['Type', 'wide'],
  ['Content', 'wide'],
  ['Active', ''],
  ['Usage', ''],
]);

/** @returns {import('../frame.mjs').View} */
export function storageView() {
  const body = element('tbody');
  const head = HEADS.map(([words, kind]) => element('th', { scope: 'col', class: kind }, words));
  const table = element('table', {}, element('thead', {}, element('tr', {}, ...head)), body);
  const list = new Keyed(body, (/** @type {Storage} */ { storage }) => storage, row);
  return {
    ...{ title: 'Storage', section: 'Storage' },
    root: element(
      'div',
      {},
      element('div', { class: 'heading' }, element('h1', {}, 'Storage')),
      element('section', { class: 'card', 'aria-label': 'Storages' }, table),
    ),
    refresh: async () => {
      /** @type {Storage[]} */
      const rows = await get(await ofNode('/storage'));
      list.show(rows.sort((a, b) => a.storage.localeCompare(b.storage)));
    },
  };
}

/** @param {Storage} first */
function row(first) {
  const cells = HEADS.map(([, kind]) => element('td', { class: kind }));
  const [id, type, content, active, used] = cells;
  id?.append(first.storage);
  const words = element('span');
  const meter = element('meter', {
    min: 0,
    max: 1,
    high: 0.9,
    optimum: 0,
    'aria-label': `Usage of ${first.storage}`,
  });
  used?.append(words, meter);
  /** @param {Storage} now */
  const update = (now) => {
    if (type) say(type, now.type === 'dir' ? 'Directory' : now.type);
    if (content) say(content, now.content.split(',').join(', '));
    if (active) say(active, now.active ? 'Yes' : 'No');
    say(words, now.active ? usage(now.used, now.total) : 'N/A');
    meter.value = now.active && now.total > 0 ? now.used / now.total : 0;
    meter.setAttribute('aria-valuetext', words.textContent ?? '');
  };
  return { root: element('tr', {}, ...cells), update };
}
