/** Calls of the node's API, as Proxmox VE has it, and of the few that the page alone has. */
import { forget, keep, session } from './session.mjs';

/** An answer that is no success; the message is the node's own. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** No answer. */
export class Unreachable extends Error {}

/** The node does not know this login any more. */
export class LoggedOut extends Error {}

/** How old a ticket gets before it is renewed, ms; it is good for two hours. */
const RENEW = 15 * 60_000;
/** How long an answer is waited for, ms; the node holds some open for 25 s. */
const PATIENCE = 40_000;

/** @typedef {Record<string, string | number>} Form */

/**
 * @param {string} path below /api2/json
 * @returns {Promise<any>}
 */
export const get = (path) => call('GET', `/api2/json${path}`);

/**
 * @param {string} path below /api2/json
 * @param {Form} [form]
 * @returns {Promise<any>}
 */
export const post = (path, form = {}) => call('POST', `/api2/json${path}`, form);

/**
 * @param {string} path of what the page alone has, below /page/api
 * @returns {Promise<any>}
 */
export const ask = (path) => call('GET', `/page/api${path}`);

/**
 * @param {string} username
 * @param {string} password
 */
export async function logIn(username, password) {
  keep(await send('POST', '/api2/json/access/ticket', {}, { username, password }));
}

/** @param {string} secret of a link; it is good once */
export async function logInByLink(secret) {
  keep(await send('POST', '/page/api/login', {}, { secret }));
}

/** Before the ticket is too old. A failure is the next call's matter. */
export async function renew() {
  const mine = session();
  if (!mine || Date.now() - mine.since < RENEW) return;
  await logIn(mine.username, mine.ticket).catch(() => undefined);
}

/**
 * @param {string} method
 * @param {string} address
 * @param {Form} [form]
 */
async function call(method, address, form) {
  const mine = session();
  if (!mine) throw new LoggedOut('not logged in');
  /** @type {Record<string, string>} */
  const headers = { authorization: `PVEAuthCookie=${mine.ticket}` };
  if (method !== 'GET') headers.csrfpreventiontoken = mine.csrfToken;
  try {
    return await send(method, address, headers, form);
  } catch (fault) {
    if (!(fault instanceof Refused) || fault.status !== 401) throw fault;
    // Of an earlier login; one that came meanwhile stays.
    if (session()?.ticket === mine.ticket) forget();
    throw new LoggedOut(fault.message);
  }
}

/**
 * @param {string} method
 * @param {string} address
 * @param {Record<string, string>} headers
 * @param {Form} [form]
 */
async function send(method, address, headers, form) {
  const body = form && new URLSearchParams(Object.entries(form).map(([key, value]) => [key, String(value)]));
  const answer = await fetch(address, {
    ...{ method, headers, cache: 'no-store', credentials: 'omit', redirect: 'error' },
    ...(body ? { body } : {}),
    signal: AbortSignal.timeout(PATIENCE),
  }).catch((cause) => {
    throw new Unreachable('the node does not answer', { cause });
  });
  const said = await answer.json().catch(() => undefined);
  if (answer.ok && said) return said.data;
  const errors = Object.entries(said?.errors ?? {}).map(([name, text]) => `${name}: ${text}`);
  const message = said?.message || answer.statusText || `status ${answer.status}`;
  throw new Refused(answer.status, [message.trim(), ...errors].join('; '));
}

/** The protocols of a WebSocket that show this login: a page cannot give it a header. */
export function socketProtocols() {
  const ticket = btoa(session()?.ticket ?? '')
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  return ['binary', `PVEAuthCookie.${ticket}`];
}
