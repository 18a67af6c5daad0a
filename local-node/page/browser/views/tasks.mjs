import { get } from '../api.mjs';
import { element } from '../elements.mjs';
import { ofNode } from '../node.mjs';
import { taskTable } from '../task-table.mjs';

const MOST = 50;

/** @returns {import('../frame.mjs').View} */
export function tasksView() {
  const { root, show } = taskTable('Tasks of the node, the newest first');
  return {
    ...{ title: 'Tasks', section: 'Tasks' },
    root: element(
      'div',
      {},
      element('div', { class: 'heading' }, element('h1', {}, 'Tasks')),
      element('section', { class: 'card', 'aria-label': 'Tasks' }, root),
    ),
    refresh: async () => show(await get(await ofNode(`/tasks?source=all&limit=${MOST}`))),
  };
}
