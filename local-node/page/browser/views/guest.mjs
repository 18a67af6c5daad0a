import { ask, get } from '../api.mjs';
import { element, say } from '../elements.mjs';
import { figure } from '../meter.mjs';
import { ofGuest, ofNode } from '../node.mjs';
import { kindWord, powerButtons } from '../power.mjs';
import { stateMark } from '../state-mark.mjs';
import { taskTable } from '../task-table.mjs';
import { timeCharts } from '../time-charts.mjs';
import { bytes, cpuUsage, duration, percent, usage } from '../words.mjs';

const rate = (/** @type {number} */ value) => `${bytes(value)}/s`;

const CHARTS = [
  { title: 'CPU usage', write: percent, least: 0.04, series: [{ key: 'cpu', words: 'CPU usage' }] },
  {
    ...{ title: 'Memory usage', write: bytes, binary: true },
    series: [
      { key: 'mem', words: 'RAM usage' },
      { key: 'maxmem', words: 'Total' },
    ],
  },
  {
    ...{ title: 'Network traffic', write: rate, binary: true, least: 1024 },
    series: [
      { key: 'netin', words: 'Incoming' },
      { key: 'netout', words: 'Outgoing' },
    ],
  },
  {
    ...{ title: 'Disk IO', write: rate, binary: true, least: 1024 },
    series: [
      { key: 'diskread', words: 'Read' },
      { key: 'diskwrite', words: 'Write' },
    ],
  },
];

/** @typedef {{ kind: import('../node.mjs').Kind, screen: string | null, terminal: string | null,
 *   application: string | null }} Ways why a console is not
 *   there, null if it is; and where the guest's application answers on this machine */

/**
 * @param {string} vmid
 * @returns {import('../frame.mjs').View}
 */
export function guestView(vmid) {
  const title = element('h1', {}, `Guest ${vmid}`);
  const mark = stateMark();
  const place = element('div', { class: 'place' });
  /** @type {ReturnType<typeof powerButtons> | undefined} */
  let power;
  const figures = {
    ...{ cpu: figure('CPU usage', { bar: true }), ram: figure('Memory usage', { bar: true }) },
    ...{ disk: figure('Bootdisk size'), uptime: figure('Uptime'), agent: figure('QEMU Guest Agent') },
    limits: figure('Limits'),
  };
  const ways = element('ul', { class: 'ways' });
  const charts = timeCharts(CHARTS, async (frame) =>
    get(`${await ofGuest(vmid)}/rrddata?timeframe=${frame}&cf=AVERAGE`),
  );
  const tasks = taskTable(`Tasks of guest ${vmid}, the newest first`);
  const heading = element('div', { class: 'heading' }, title, mark.root, place);
  const facts = element('dl', {}, ...Object.values(figures).map(({ root }) => root));
  return {
    ...{ title: `Guest ${vmid}`, section: 'Guests' },
    root: element(
      'div',
      {},
      element('p', { class: 'crumb' }, element('a', { href: '#/guests' }, '← All guests')),
      heading,
      element(
        'div',
        { class: 'halves' },
        element(
          'section',
          { class: 'card', 'aria-label': 'Figures of the guest' },
          element('h2', {}, 'Now'),
          facts,
        ),
        element('section', { class: 'card', 'aria-label': 'Ways in' }, element('h2', {}, 'Ways in'), ways),
      ),
      charts.root,
      element('section', { class: 'card', 'aria-label': 'Tasks' }, element('h2', {}, 'Tasks'), tasks.root),
    ),
    refresh: async () => {
      /** @type {Ways} */
      const open = await ask(`/guests/${vmid}`);
      const [now, done] = await Promise.all([
        get(await ofNode(`/${open.kind}/${vmid}/status/current`)),
        get(await ofNode(`/tasks?source=all&limit=10&vmid=${vmid}`)),
      ]);
      const runs = now.status === 'running';
      say(title, `${kindWord(now)} ${now.vmid} ${now.name ?? ''}`);
      mark.update(now);
      if (!power) {
        power = powerButtons(now);
        place.append(power.root);
      }
      power.update(now);
      figures.cpu.update(runs ? cpuUsage(now.cpu, now.cpus) : '–', now.cpu);
      figures.ram.update(
        runs ? usage(now.mem, now.maxmem) : `– of ${bytes(now.maxmem)}`,
        now.mem / now.maxmem,
      );
      figures.disk.update(bytes(now.maxdisk));
      figures.uptime.update(runs ? duration(now.uptime) : '–');
      figures.agent.update(now.agent ? 'Enabled' : 'Disabled');
      figures.limits.update(limitsOf(now));
      // Each of one kind of guest alone.
      figures.agent.root.hidden = open.kind === 'lxc';
      figures.limits.root.hidden = open.kind !== 'lxc' || !runs;
      showWays(ways, vmid, open);
      tasks.show(done);
      await charts.refresh();
    },
  };
}

/** Whether the machine keeps what a container is limited to.
 * @param {{ 'not-limited'?: string }} now */
function limitsOf({ 'not-limited': not }) {
  return not === undefined ? 'Kept' : `${not.split(',').join(' and ')}: not limited on this machine`;
}

/**
 * @param {HTMLElement} list
 * @param {string} vmid
 * @param {Ways} ways
 */
function showWays(list, vmid, ways) {
  // Links that are focused stay unless something has changed.
  const state = JSON.stringify(ways);
  if (list.dataset.state === state) return;
  list.dataset.state = state;
  const { kind, screen, terminal, application } = ways;
  list.replaceChildren(
    kind === 'lxc' ? '' : way('Screen (VNC)', screen, `#/guests/${vmid}/screen`),
    way(kind === 'lxc' ? 'Terminal' : 'Serial terminal', terminal, `#/guests/${vmid}/terminal`),
    application === null ? '' : way(`Its application, at ${application}`, null, `http://${application}/`),
  );
}

/**
 * @param {string} words
 * @param {string | null} why it is not there
 * @param {string} href
 */
function way(words, why, href) {
  if (why !== null) return element('li', {}, words, element('span', { class: 'note' }, why));
  const outside = href.startsWith('http') ? { target: '_blank', rel: 'noopener noreferrer' } : {};
  return element('li', {}, element('a', { href, ...outside }, words));
}
