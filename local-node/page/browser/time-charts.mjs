import { Chart } from './chart.mjs';
import { element } from './elements.mjs';

/** How old figures over time get before they are asked for again, ms; the node has new ones once a minute. */
const REFRESH = 15_000;

const FRAMES = [
  ['hour', 'Hour'],
  ['day', 'Day'],
];

/** The choice outlives a view. */
let frame = 'hour';

/**
 * Charts with a choice of the time that they show.
 * @param {readonly import('./chart.mjs').ChartOptions[]} options
 * @param {(frame: string) => Promise<import('./chart.mjs').Row[]>} ask
 */
export function timeCharts(options, ask) {
  const charts = options.map((one) => new Chart(one));
  let asked = Number.NEGATIVE_INFINITY;
  const refresh = async () => {
    if (performance.now() - asked < REFRESH) return;
    const wanted = frame;
    const rows = await ask(wanted);
    if (wanted !== frame) return;
    asked = performance.now();
    for (const chart of charts) chart.show(rows);
  };
  const buttons = FRAMES.map(([value = '', words = '']) => {
    const choose = () => {
      frame = value;
      asked = Number.NEGATIVE_INFINITY;
      mark();
      void refresh().catch(() => undefined);
    };
    return { value, button: element('button', { type: 'button', onclick: choose }, words) };
  });
  const mark = () => {
    for (const { value, button } of buttons) button.setAttribute('aria-pressed', String(value === frame));
  };
  mark();
  const choice = element(
    'div',
    { class: 'choice', role: 'group', 'aria-label': 'Time that the charts show' },
    ...buttons.map(({ button }) => button),
  );
  const means = element('p', { class: 'hint' }, 'Means of a minute (hour) or of half an hour (day).');
  const heading = element('div', { class: 'heading' }, element('h2', {}, 'Over time'), means, choice);
  const grid = element('div', { class: 'charts' }, ...charts.map(({ root }) => root));
  return { root: element('section', { 'aria-label': 'Figures over time' }, heading, grid), refresh };
}
