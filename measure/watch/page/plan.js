/** The registered plan: a strip of cells for each scenario, and a table with what came of each repetition. */
import { element } from './charts.js';

const STATES = {
  planned: 'to come',
  running: 'running',
  done: 'done',
  fault: 'fault',
  enough: 'not needed',
  left: 'not made',
};

function cellClass({ state, remarks }) {
  if (state === 'done' && remarks.length > 0) return 'remark';
  return state === 'left' ? 'enough' : state;
}

function tableRow(show) {
  const [name, what, state, figures] = ['th', 'td', 'td', 'td'].map((kind) => element(kind));
  name.scope = 'row';
  const line = element('tr');
  line.append(name, what, state, figures);
  return {
    line,
    update(row, isShown) {
      line.className = cellClass(row);
      if (row.hasReadings) {
        const button = name.querySelector('button') ?? element('button', 'link');
        button.type = 'button';
        button.textContent = row.name;
        button.title = 'Show its readings';
        button.setAttribute('aria-pressed', isShown);
        button.onclick = () => show(row.name);
        if (!button.isConnected) name.replaceChildren(button);
      } else {
        name.textContent = row.name;
      }
      what.textContent = row.detail ? `${row.subject}: ${row.detail}` : row.subject;
      state.textContent = STATES[row.state];
      figures.textContent = [row.figures, row.fault, ...row.remarks].filter(Boolean).join('; ');
    },
  };
}

function group({ title, rows }, show) {
  const section = element('section', 'group');
  const heading = element('h3', '', title);
  const count = element('span', 'count');
  heading.append(' ', count);
  const strip = element('div', 'strip');
  strip.setAttribute('aria-hidden', 'true'); // The table says the same.
  const cells = rows.map(() => element('span', 'cell'));
  strip.append(...cells);
  const details = element('details');
  details.append(element('summary', '', 'Each one'));
  const table = element('table');
  const head = element('tr');
  head.append(...['Name', 'What', 'State', 'Figures'].map((text) => element('th', '', text)));
  const lines = rows.map(() => tableRow(show));
  table.createTHead().append(head);
  table.createTBody().append(...lines.map(({ line }) => line));
  const scroller = element('div', 'table');
  scroller.append(table);
  details.append(scroller);
  section.append(heading, strip, details);
  let wasCurrent = false;
  return {
    section,
    update(now, shown) {
      const done = now.rows.filter(({ state }) => state === 'done').length;
      count.textContent = `${done} of ${now.rows.length}`;
      const has = (wanted) => now.rows.some(({ state }) => state === wanted);
      const isCurrent = has('running') || (has('done') && has('planned'));
      // What is measured now is open; what a person opens or closes meanwhile stays so.
      if (isCurrent !== wasCurrent) details.open = isCurrent;
      wasCurrent = isCurrent;
      now.rows.forEach((row, index) => {
        cells[index].className = `cell ${cellClass(row)}`;
        cells[index].title = `${row.name}: ${STATES[row.state]}`;
        lines[index].update(row, row.name === shown);
      });
    },
  };
}

/** The function shows the groups of a state; `show` is asked for the readings of a visit by its name. */
export function makePlan(place, show) {
  let known = '';
  let groups = [];
  return (now, shown) => {
    const names = JSON.stringify(now.map(({ title, rows }) => [title, rows.map(({ name }) => name)]));
    if (names !== known) {
      groups = now.map((each) => group(each, show));
      place.replaceChildren(...groups.map(({ section }) => section));
      known = names;
    }
    now.forEach((each, index) => {
      groups[index].update(each, shown);
    });
  };
}
