import { get } from '../api.mjs';
import { element, say } from '../elements.mjs';
import { ofNode } from '../node.mjs';
import { taskWords, time } from '../words.mjs';

/** Lines that are asked for at once. */
const PIECE = 500;

/**
 * The log of one task, followed while it runs.
 * @param {string} upid
 * @returns {import('../frame.mjs').View}
 */
export function taskView(upid) {
  const title = element('h1', {}, 'Task');
  const state = element('p', { class: 'hint', role: 'status' });
  const log = element('pre', { class: 'log', tabindex: 0, 'aria-label': 'Log of the task' });
  const back = element('a', { href: '#/tasks' }, '← All tasks');
  let read = 0;
  let ended = false;
  const path = `/tasks/${encodeURIComponent(upid)}`;
  return {
    ...{ title: 'Task', section: 'Tasks' },
    root: element(
      'div',
      {},
      element('div', { class: 'heading' }, title, state, back),
      element('section', { class: 'card', 'aria-label': 'Log' }, log),
      element('p', { class: 'hint upid' }, upid),
    ),
    refresh: async () => {
      if (ended) return;
      // The status call waits for the end; the list does not.
      const tasks = await get(await ofNode('/tasks?source=all&limit=1000'));
      const task = tasks.find((/** @type {{ upid: string }} */ one) => one.upid === upid);
      for (;;) {
        const lines = await get(await ofNode(`${path}/log?start=${read}&limit=${PIECE}`));
        const fresh = lines.filter(
          (/** @type {{ n: number, t: string }} */ { n, t }) => n > read && t !== 'no content',
        );
        append(log, fresh);
        read += fresh.length;
        if (fresh.length < PIECE) break;
      }
      if (!task) {
        ended = true;
        return say(state, 'The node has this task no longer.');
      }
      ended = task.endtime !== undefined;
      say(title, taskWords(task));
      const since = `begun ${time(task.starttime)}`;
      say(state, ended ? `${task.status} – ${since}, ended ${time(task.endtime)}` : `running – ${since}`);
      if (ended && read === 0) say(log, 'no content');
    },
  };
}

/**
 * Whoever reads at the end stays at the end.
 * @param {HTMLElement} log
 * @param {readonly { t: string }[]} lines
 */
function append(log, lines) {
  if (lines.length === 0) return;
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
  log.append(lines.map(({ t }) => `${t}\n`).join(''));
  if (atEnd) log.scrollTop = log.scrollHeight;
}
