import { get, post } from './api.mjs';
import { element, say } from './elements.mjs';
import { ofGuest } from './node.mjs';
import { nameOf } from './power.mjs';

/** What a screen and a terminal have in common: the bar above, connecting, and being disconnected. */

/** @typedef {{ user: string, ticket: string, port: string, password?: string }} Offer answer of vncproxy and termproxy */
/** @typedef {{ end: () => void, clear: () => void, resized?: () => void, sendCtrlAltDel?: () => void,
 *   readAloud?: (on: boolean) => void }} Connection
 *   `end` leaves the last picture, `clear` takes it away */
/**
 * @typedef {object} ConsoleOptions
 * @property {string} words for example Screen
 * @property {string} call vncproxy or termproxy
 * @property {(stage: HTMLElement, address: string, offer: Offer, hear: Hear) => Promise<Connection>} connect
 * @property {string} [hint] what stands behind "connected"
 * @property {(current: () => Connection | undefined) => HTMLButtonElement} further a button of this kind of console
 */
/** @typedef {{ connected: () => void, disconnected: (why: string) => void }} Hear */

/**
 * @param {string} vmid
 * @param {ConsoleOptions} options
 * @returns {import('./frame.mjs').View}
 */
export function consoleView(vmid, { words, call, connect, further, hint = '' }) {
  const title = element('h1', {}, `${words} of guest ${vmid}`);
  const state = element('p', { class: 'hint', role: 'status' }, 'connecting…');
  const stage = element('div', { class: 'stage' });
  /** @type {Connection | undefined} */
  let connection;
  /** Of the newest attempt; what an older one has to say does not matter. */
  let attempt = 0;
  let ended = true;
  const disconnect = () => {
    attempt += 1;
    if (!ended) connection?.end();
    ended = true;
  };
  const clear = () => {
    disconnect();
    connection?.clear();
    connection = undefined;
  };
  /** @param {string} why */
  const lost = (why) => {
    disconnect();
    say(state, why);
    stage.classList.add('lost');
    say(again, 'Connect again');
  };
  const begin = async () => {
    clear();
    const mine = attempt;
    say(state, 'connecting…');
    say(again, 'Disconnect');
    stage.classList.remove('lost');
    stage.replaceChildren();
    try {
      const path = await ofGuest(vmid);
      const { status, name, type } = await get(`${path}/status/current`);
      say(title, `${words} of ${nameOf({ vmid: Number(vmid), name, status, type })}`);
      if (status !== 'running') return lost(`The guest is ${status}: it has no ${words.toLowerCase()} now.`);
      /** @type {Offer} */
      const offer = await post(
        `${path}/${call}`,
        call === 'vncproxy' ? { websocket: 1, 'generate-password': 1 } : {},
      );
      const query = new URLSearchParams({ port: offer.port, vncticket: offer.ticket });
      const address = `wss://${location.host}/api2/json${path}/vncwebsocket?${query}`;
      const made = await connect(stage, address, offer, {
        connected: () => mine === attempt && say(state, `connected${hint}`),
        disconnected: (why) => mine === attempt && lost(why),
      });
      if (mine === attempt) {
        connection = made;
        ended = false;
      } else {
        made.end();
        made.clear();
      }
    } catch (fault) {
      if (mine === attempt) lost(/** @type {Error} */ (fault).message);
    }
  };
  const toggle = () => (stage.classList.contains('lost') ? void begin() : lost('You have disconnected.'));
  const again = element('button', { type: 'button', onclick: toggle }, 'Disconnect');
  const whole = element('button', { type: 'button', 'aria-pressed': 'false' }, 'Full window');
  whole.addEventListener('click', () => {
    const full = document.body.classList.toggle('full-window');
    whole.setAttribute('aria-pressed', String(full));
    connection?.resized?.();
  });
  const bar = element(
    'div',
    { class: 'actions' },
    further(() => connection),
    whole,
    again,
  );
  const back = element('a', { href: `#/guests/${vmid}` }, '← The guest');
  void begin();
  return {
    ...{ title: `${words} of guest ${vmid}`, section: 'Guests' },
    root: element(
      'div',
      { class: 'console' },
      element('p', { class: 'crumb' }, back),
      element('div', { class: 'heading' }, title, state, bar),
      stage,
    ),
    close: () => {
      clear();
      document.body.classList.remove('full-window');
    },
  };
}
