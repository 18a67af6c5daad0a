/**
 * The login of this tab. It is kept where no other origin reads it, ports included, and sent as a header: a cookie would
 * go to every port of this host, and applications of guests answer on some of them.
 */

/** @typedef {{ username: string, ticket: string, csrfToken: string, since: number }} Session `since` in ms of the epoch */
/** @typedef {{ username: string, ticket: string, CSRFPreventionToken: string }} Login the node's answer to a login */

const KEY = 'login';

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
