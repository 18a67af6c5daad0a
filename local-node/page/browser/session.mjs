/**
 * The login of this tab. It is kept where no other origin reads it, ports included, and sent as a header: a cookie would
 * go to every port of this host, and applications of guests answer on some of them.
 */

/** @typedef {{ username: string, ticket: string, csrfToken: string, since: number }} Session `since` in ms of the epoch */
/** @typedef {{ username: string, ticket: string, CSRFPreventionToken: string }} Login the node's answer to a login */

const KEY = 'login';
/** How long other tabs are waited for, ms. */
const PATIENCE = 150;

/** Joins the tabs of this origin, ports included, and no others. */
const tabs = new BroadcastChannel(KEY);
/** @type {(login: Session) => void} */
let lent = () => undefined;

/** @returns {Session | undefined} */
export function session() {
  const text = sessionStorage.getItem(KEY);
  return text === null ? undefined : JSON.parse(text);
}

/** @param {Login} login */
export function keep({ username, ticket, CSRFPreventionToken }) {
  const kept = { username, ticket, csrfToken: CSRFPreventionToken, since: Date.now() };
  sessionStorage.setItem(KEY, JSON.stringify(kept));
}

export function forget() {
  sessionStorage.removeItem(KEY);
}

/** The login is over in every tab. */
export function forgetEverywhere() {
  forget();
  tabs.postMessage({ over: true });
}

/** A new tab is logged in if another one is. */
export async function borrow() {
  if (session()) return;
  const answer = new Promise((resolve) => {
    lent = resolve;
    setTimeout(resolve, PATIENCE, undefined);
  });
  tabs.postMessage({ asked: true });
  const login = await answer;
  if (login) sessionStorage.setItem(KEY, JSON.stringify(login));
}

/** @param {() => void} ended called where another tab has logged out */
export function shareWithTabs(ended) {
  tabs.addEventListener('message', ({ data }) => {
    const mine = session();
    if (data.asked && mine) tabs.postMessage({ login: mine });
    else if (data.login) lent(data.login);
    else if (data.over && mine) {
      forget();
      ended();
    }
  });
}
