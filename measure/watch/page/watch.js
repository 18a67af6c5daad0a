/** Follows a run: the server tells the state whenever it is new, and each reading of the node once. */
import { element, makeCharts } from './charts.js';
import { makePlan } from './plan.js';

const byId = (id) => document.getElementById(id);
const drawCharts = makeCharts(byId('tiles'));
const showPlan = makePlan(byId('groups'), (name) => choose(name));

const PHASES = {
  absent: 'not begun',
  running: 'running',
  ended: 'ended',
  interrupted: 'interrupted',
  vanished: 'broken off',
};
const ABOUT_LABEL = {
  'emulated (TCG)': 'Emulated (TCG): guests run without hardware virtualisation. CPU figures say more about the emulator.',
  simulated: 'Simulated: no guest runs. The figures say nothing about guests.',
  'acceleration unknown': 'It is not recorded whether the guests are virtualised by hardware or emulated.',
};

let state;
/** When the state came, by the clock of this page. */
let cameAt = 0;
/** Readings by the name of their visit; those of finished visits are asked for. */
const readings = new Map();
/** The visit that a person has chosen; undefined = the one that is measured now. */
let chosen;

const events = new EventSource('events');
events.addEventListener('open', () => sayConnection(''));
events.addEventListener('error', () => {
  const isOver = state !== undefined && !['running', 'absent'].includes(state.phase);
  if (isOver) events.close();
  sayConnection(
    isOver
      ? 'The watcher has ended. This page stays as it is.'
      : events.readyState === EventSource.CLOSED
        ? 'The watcher has another address now: see the terminal, or npm run watch.'
        : 'The connection is lost; trying again …',
  );
});
events.addEventListener('state', ({ data }) => {
  const before = state;
  state = JSON.parse(data);
  cameAt = performance.now();
  if (before && before.run !== state.run) location.reload();
  showState();
});
events.addEventListener('reading', ({ data }) => {
  const { visit, ...reading } = JSON.parse(data);
  if (!readings.has(visit)) readings.set(visit, []);
  readings.get(visit).push(reading);
  if (visit === shownVisit()) drawSoon();
});

function sayConnection(text) {
  byId('connection').textContent = text;
  byId('connection').hidden = text === '';
}

function shownVisit() {
  return chosen ?? state?.liveVisit ?? state?.lastVisit ?? undefined;
}

function choose(name) {
  chosen = name;
  showState();
  byId('now').scrollIntoView({ block: 'nearest' });
}

byId('to-live').addEventListener('click', () => choose(undefined));

let isDue = false;
/** Once per frame, and not at all while nobody sees it. */
function drawSoon() {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    drawNow();
  });
}

function drawNow() {
  const name = shownVisit();
  const row = state?.groups.flatMap(({ rows }) => rows).find((each) => each.name === name && each.level !== null);
  const shown = readings.get(name) ?? [];
  byId('now').hidden = !state?.groups.some(({ scenario }) => scenario === 'resources');
  byId('now-title').textContent = row ? `The node, ${row.subject}: ${row.detail}` : 'The node';
  byId('now-about').textContent = aboutNow(row, shown.at(-1));
  drawCharts(shown, state?.paper.find(({ runningGuests }) => runningGuests === row?.level));
  if (row?.hasReadings && (shown.length === 0 || !finished.has(name))) void load(name);
}

function aboutNow(row, last) {
  if (!row) return 'It is sampled when its levels are visited.';
  const what =
    row.state === 'running'
      ? !last
        ? 'Guests start or stop.'
        : last.settling
          ? 'The level settles (shaded); these readings are in no figure.'
          : 'Steady: these readings make the figures.'
      : `Visit ${row.name}, ${row.state}. Shaded: while the level settled.`;
  const others = row.state === 'running' ? (last?.othersCpuPercent ?? 0) : 0;
  return others > state.disturbancePercent
    ? `${what} Other work uses ${others.toFixed(0)} % of all CPUs and disturbs it.`
    : what;
}

/** Visits whose readings are whole, from their own file. */
const finished = new Set();

async function load(name) {
  finished.add(name);
  const answer = await fetch(`visits/${name}.json`).catch(() => undefined);
  if (!answer?.ok) return finished.delete(name);
  readings.set(name, await answer.json());
  drawSoon();
}

function showState() {
  const rows = state.groups.flatMap((group) => group.rows);
  const made = rows.filter((row) => !['planned', 'running'].includes(row.state)).length;
  document.title = `${rows.length ? `${made}/${rows.length} ` : ''}${state.run}`;
  byId('run').textContent = `Run ${state.run}`;
  const target = { local: 'local node', proxmox: 'Proxmox VE' }[state.target];
  byId('about').textContent = [
    state.planName && `plan ${state.planName}`,
    target,
    state.registeredAt && `registered ${state.registeredAt.slice(0, 16).replace('T', ' ')} UTC`,
  ]
    .filter(Boolean)
    .join(' · ');
  byId('phase').textContent = PHASES[state.phase];
  byId('phase').className = `pill ${state.phase}`;
  byId('label').hidden = state.label === null;
  byId('label').textContent = ABOUT_LABEL[state.label] ?? '';
  const share = rows.length ? (100 * made) / rows.length : 0;
  byId('filled').style.width = `${share}%`;
  byId('bar').setAttribute('aria-valuenow', Math.round(share));
  const faults = rows.filter((row) => row.state === 'fault').length;
  byId('count').textContent = rows.length
    ? `${made} of ${rows.length} made${faults > 0 ? `, ${faults} with a fault` : ''}`
    : '';
  byId('step').textContent = stepText();
  byId('to-live').hidden = chosen === undefined;
  for (const id of ['faults', 'plan', 'report']) byId(id).hidden = rows.length === 0;
  byId('report-title').textContent = ['running', 'absent'].includes(state.phase) ? 'Report so far' : 'Report';
  showTimes();
  showNotes();
  showEnd();
  showPlan(state.groups, shownVisit());
  showReport();
  drawSoon();
}

function stepText() {
  if (state.phase === 'absent') return 'Waiting for the plan to be registered: the lab is deployed, or its guests start.';
  if (state.phase === 'vanished') {
    return `Whoever measured has gone without a word. What was measured is kept; npm run measure -- --resume ${state.run}`;
  }
  return state.step ?? '';
}

const minutes = (seconds) => {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
};

function showTimes() {
  const { elapsedSeconds, estimatedSeconds, isMost, phase } = state;
  const since = phase === 'running' ? (performance.now() - cameAt) / 1000 : 0;
  if (elapsedSeconds === null) return byId('times').replaceChildren();
  const elapsed = elapsedSeconds + since;
  const left = (estimatedSeconds ?? 0) - elapsed;
  const about = isMost ? 'at most' : 'about';
  byId('times').textContent =
    phase !== 'running'
      ? `in ${minutes(elapsed)}`
      : left > 0
        ? `${minutes(elapsed)} taken, ${about} ${minutes(left)} left`
        : `${minutes(elapsed)} taken, longer than expected`;
}

setInterval(() => {
  if (state?.phase === 'running' && !document.hidden) showTimes();
}, 1000);

function showNotes() {
  // Only what is new is added: a reader of the screen then hears that alone.
  const list = byId('notes');
  const known = [...list.children].map((each) => each.textContent);
  const texts = state.notes.map(({ text }) => text);
  for (const item of [...list.children]) if (!texts.includes(item.textContent)) item.remove();
  for (const { kind, text } of state.notes) if (!known.includes(text)) list.append(element('li', kind, text));
  byId('no-notes').hidden = state.notes.length > 0;
}

function showEnd() {
  const isOver = ['ended', 'interrupted'].includes(state.phase);
  byId('ended').hidden = !isOver;
  if (!isOver) return;
  const link = element('a', '', state.hasReport ? 'Open the report' : 'Open the report of what there is');
  link.href = state.hasReport ? 'report.html' : 'report-so-far.html';
  link.target = '_blank';
  link.rel = 'noopener';
  const said = state.phase === 'ended' ? 'The run has ended. ' : 'The run was interrupted; what was measured is kept. ';
  if (byId('ended').textContent !== `${said}${link.textContent}`) byId('ended').replaceChildren(said, link);
}

const frame = byId('report-frame');
let reported = 0;
byId('so-far').addEventListener('toggle', () => showReport());
/** The report has no scrolling of its own, whatever is unfolded in it. */
const fit = new ResizeObserver(([{ target }]) => {
  frame.style.height = `${target.ownerDocument.documentElement.offsetHeight + 2}px`;
});
frame.addEventListener('load', () => {
  fit.disconnect();
  const page = frame.contentDocument?.documentElement;
  if (page) fit.observe(page);
});

/** Made anew only while somebody looks at it: it costs the node time. */
function showReport() {
  if (!state || !byId('so-far').open || reported === state.figures) return;
  reported = state.figures;
  frame.hidden = false;
  frame.contentWindow.location.replace(`report-so-far.html?${state.figures}`);
}
