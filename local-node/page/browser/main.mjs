/** The node's page: what its address names is shown, and kept up to date while somebody looks. */
import { LoggedOut, logInByLink, Refused, renew, Unreachable } from './api.mjs';
import { Frame } from './frame.mjs';
import { tell, warn } from './notices.mjs';
import { borrow, session, shareWithTabs } from './session.mjs';
import { guestView } from './views/guest.mjs';
import { guestsView } from './views/guests.mjs';
import { loginView } from './views/login.mjs';
import { screenView } from './views/screen.mjs';
import { storageView } from './views/storage.mjs';
import { summaryView } from './views/summary.mjs';
import { taskView } from './views/task.mjs';
import { tasksView } from './views/tasks.mjs';
import { terminalView } from './views/terminal.mjs';

/** Between two refreshes, ms. */
const REFRESH = 2500;

/** @typedef {import('./frame.mjs').View} View */

/** @type {readonly (readonly [RegExp, (...parts: string[]) => View])[]} */
const VIEWS = [
  [/^\/$/, summaryView],
  [/^\/guests$/, guestsView],
  [/^\/guests\/(\d+)$/, guestView],
  [/^\/guests\/(\d+)\/screen$/, screenView],
  [/^\/guests\/(\d+)\/terminal$/, terminalView],
  [/^\/tasks$/, tasksView],
  [/^\/tasks\/(UPID:.+)$/, taskView],
  [/^\/storage$/, storageView],
];

const frame = new Frame(() => show());
/** @type {View | undefined} */
let view;
/** Wakes the loop before its time. @type {() => void} */
let wake = () => undefined;

/** @returns {View} */
function chosen() {
  if (!session()) return loginView(() => show());
  const path = decodeURIComponent(location.hash.slice(1)) || '/';
  for (const [shape, make] of VIEWS) {
    const [, ...parts] = shape.exec(path) ?? [];
    if (shape.test(path)) return make(...parts);
  }
  return summaryView();
}

function show() {
  view?.close?.();
  view = chosen();
  frame.show(view, session()?.username);
  wake();
}

async function keepUpToDate() {
  for (;;) {
    const shown = view;
    if (shown?.refresh && document.visibilityState === 'visible') {
      await shown
        .refresh()
        .then(() => frame.answered())
        .catch((fault) => failed(fault, shown));
      await renew();
    }
    // Another view that came meanwhile is not kept waiting.
    if (shown === view) await rest();
  }
}

function rest() {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, REFRESH, undefined);
    wake = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
  });
}

/**
 * @param {unknown} fault
 * @param {View} shown
 */
function failed(fault, shown) {
  if (shown !== view) return;
  if (fault instanceof LoggedOut) {
    show();
    tell('Your login has ended. Please log in again.');
  } else if (fault instanceof Unreachable) frame.unreachable();
  else if (fault instanceof Refused) frame.answered(fault.message);
  else {
    // Of the page's own code: it is told, and the next refresh may go well.
    frame.answered(`This page has a fault: ${/** @type {Error} */ (fault).message}`);
    console.error(fault);
  }
}

/** The secret leaves the address before anything else is done. */
async function logInByAddress() {
  const secret = /^#login=([\w-]+)$/.exec(location.hash)?.[1];
  if (secret === undefined) return;
  history.replaceState(null, '', '/');
  await logInByLink(secret).catch((fault) => {
    if (!session()) warn(`This link does not log in: ${fault.message}`);
  });
}

shareWithTabs(() => show());
await logInByAddress();
await borrow();
addEventListener('hashchange', () => void logInByAddress().then(show));
document.addEventListener('visibilitychange', () => wake());
show();
void keepUpToDate();
