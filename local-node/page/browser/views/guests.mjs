import { get } from '../api.mjs';
import { element, Keyed, say } from '../elements.mjs';
import { ofNode } from '../node.mjs';
import { kindWord, nameOf, powerButtons } from '../power.mjs';
import { stateMark } from '../state-mark.mjs';
import { bytes, duration, percent } from '../words.mjs';

/** @typedef {{ vmid: number, type?: string, name?: string, status: string, template?: number, lock?: string, cpu: number,
 *   cpus: number, mem: number, maxmem: number, uptime: number, fault?: string }} GuestRow */

const HEADS = /** @type {const} */ ([
  ['ID', 'number wide'],
  ['Name', ''],
  ['Kind', 'wide'],
  ['Status', ''],
  ['CPU', 'number'],
  ['Memory', 'number'],
  ['Uptime', 'number wide'],
  ['Actions', 'wide'],
]);

/** @returns {import('../frame.mjs').View} */
export function guestsView() {
  const body = element('tbody');
  const head = HEADS.map(([words, kind]) => element('th', { scope: 'col', class: kind }, words));
  const table = element('table', { class: 'guests' }, element('thead', {}, element('tr', {}, ...head)), body);
  const none = element(
    'p',
    { class: 'empty', hidden: true },
    'No guests. ',
    element('code', {}, 'npm start'),
  );
  none.append(' or ', element('code', {}, 'npx cdktf deploy'), ' makes those of lab.yaml.');
  const list = new Keyed(body, (/** @type {GuestRow} */ { vmid }) => String(vmid), guestRow);
  return {
    ...{ title: 'Guests', section: 'Guests' },
    root: element(
      'div',
      {},
      element('div', { class: 'heading' }, element('h1', {}, 'Guests')),
      element('section', { class: 'card', 'aria-label': 'Guests' }, table, none),
    ),
    refresh: async () => {
      /** @type {GuestRow[]} */
      const rows = (await Promise.all(['/qemu', '/lxc'].map(async (kind) => get(await ofNode(kind))))).flat();
      list.show(rows.sort((a, b) => a.vmid - b.vmid));
      none.hidden = rows.length > 0;
      table.hidden = rows.length === 0;
    },
  };
}

/** @param {GuestRow} first */
function guestRow(first) {
  const cells = HEADS.map(([, kind]) => element('td', { class: kind }));
  const [id, name, kind, state, cpu, memory, uptime, actions] = cells;
  const [share, spent] = [element('span'), element('span')];
  const [cpus, most] = [element('span', { class: 'wide' }), element('span', { class: 'wide' })];
  cpu?.append(share, cpus);
  memory?.append(spent, most);
  const link = element('a', { href: `#/guests/${first.vmid}` });
  name?.append(link);
  const mark = stateMark();
  state?.append(mark.root);
  const power = powerButtons(first);
  actions?.append(power.root);
  /** @param {GuestRow} row */
  const update = (row) => {
    const runs = row.status === 'running';
    if (id) say(id, String(row.vmid));
    if (kind) say(kind, kindWord(row));
    say(link, row.name ?? nameOf(row));
    mark.update(row);
    say(share, runs ? percent(row.cpu) : '–');
    say(cpus, ` of ${row.cpus} CPU(s)`);
    say(spent, runs ? bytes(row.mem) : '–');
    say(most, ` of ${bytes(row.maxmem)}`);
    if (uptime) say(uptime, runs ? duration(row.uptime) : '–');
    power.update(row);
  };
  return { root: element('tr', {}, ...cells), update };
}
