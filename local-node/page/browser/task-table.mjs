import { element, Keyed, say } from './elements.mjs';
import { taskWords, time } from './words.mjs';

/** @typedef {{ upid: string, type: string, id?: string, user: string, tokenid?: string, starttime: number,
 *   endtime?: number, status?: string }} Task */

const HEADS = /** @type {const} */ ([
  ['Start Time', ''],
  ['Description', ''],
  ['User name', 'wide'],
  ['End Time', 'wide'],
  ['Status', ''],
]);

/** @param {string} caption */
export function taskTable(caption) {
  const body = element('tbody');
  const head = HEADS.map(([words, kind]) => element('th', { scope: 'col', class: kind }, words));
  const table = element(
    'table',
    { class: 'tasks' },
    element('caption', { class: 'unseen' }, caption),
    element('thead', {}, element('tr', {}, ...head)),
    body,
  );
  const none = element('p', { class: 'empty', hidden: true }, 'No tasks yet.');
  const list = new Keyed(body, (/** @type {Task} */ { upid }) => upid, row);
  return {
    root: element('div', {}, table, none),
    /** @param {Task[]} tasks */
    show: (tasks) => {
      list.show(tasks);
      none.hidden = tasks.length > 0;
      table.hidden = tasks.length === 0;
    },
  };
}

/** @param {Task} task */
function row(task) {
  const who = task.tokenid === undefined ? task.user : `${task.user}!${task.tokenid}`;
  const link = element('a', { href: `#/tasks/${encodeURIComponent(task.upid)}` }, taskWords(task));
  const cells = HEADS.map(([, kind]) => element('td', { class: kind }));
  const [start, what, user, end, status] = cells;
  start?.append(time(task.starttime));
  what?.append(link);
  user?.append(who);
  return {
    root: element('tr', {}, ...cells),
    /** @param {Task} now */
    update: (now) => {
      if (end) say(end, now.endtime === undefined ? '' : time(now.endtime));
      if (!status) return;
      say(status, now.endtime === undefined ? 'running…' : (now.status ?? 'unknown'));
      status.dataset.task = outcome(now);
    },
  };
}

/** @param {Pick<Task, 'endtime' | 'status'>} task */
export function outcome({ endtime, status = '' }) {
  if (endtime === undefined) return 'running';
  if (status === 'OK') return 'ok';
  return status.startsWith('WARNINGS') ? 'warning' : 'failed';
}
