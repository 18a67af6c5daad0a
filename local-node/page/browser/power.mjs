import { get, post } from './api.mjs';
import { confirmed } from './confirm.mjs';
import { element } from './elements.mjs';
import { ofNode } from './node.mjs';
import { tell, warn } from './notices.mjs';

/** @typedef {'start' | 'shutdown' | 'stop'} Power */
/** @typedef {{ vmid: number, type?: string, name?: string, status: string, template?: number, lock?: string }} Guest
 *   `type` as the API gives it: lxc of containers, and none of virtual machines */

/** @type {Readonly<Record<Power, { words: string, at: string, detail?: string }>>} */
const ACTIONS = {
  start: { words: 'Start', at: 'stopped' },
  shutdown: {
    ...{ words: 'Shutdown', at: 'running' },
    detail: 'Its system is asked to shut down. What is unsaved in it may be lost.',
  },
  stop: {
    ...{ words: 'Stop', at: 'running' },
    detail: 'It ends at once, as if its power were cut. What it has not written is lost.',
  },
};

/**
 * Buttons that start and end a guest.
 * @param {Guest} first the guest as it is now
 */
export function powerButtons(first) {
  let guest = first;
  let busy = false;
  const names = /** @type {Power[]} */ (Object.keys(ACTIONS));
  const buttons = names.map((name) => {
    const button = element(
      'button',
      { type: 'button', onclick: () => void press(name) },
      ACTIONS[name].words,
    );
    button.setAttribute('aria-label', `${ACTIONS[name].words} ${nameOf(first)}`);
    return { name, button };
  });
  const show = () => {
    for (const { name, button } of buttons) {
      const may = !busy && guest.status === ACTIONS[name].at && guest.template !== 1;
      // Not `disabled`, which would throw the focus away under the one who has just pressed it.
      button.setAttribute('aria-disabled', String(!may));
    }
  };
  /** @param {Power} name */
  const press = async (name) => {
    if (busy || guest.status !== ACTIONS[name].at || guest.template === 1) return;
    busy = true;
    show();
    try {
      await perform(guest, name);
    } finally {
      busy = false;
      show();
    }
  };
  return {
    root: element('div', { class: 'actions' }, ...buttons.map(({ button }) => button)),
    /** @param {Guest} now */
    update: (now) => {
      guest = now;
      show();
    },
  };
}

/**
 * @param {Guest} guest
 * @param {Power} name
 */
async function perform(guest, name) {
  const { words, detail } = ACTIONS[name];
  if (detail !== undefined && !(await confirmed(`${words} ${nameOf(guest)}?`, detail, words))) return;
  const what = `${nameOf(guest)}: ${words.toLowerCase()}`;
  try {
    const upid = await post(await ofNode(`/${kindOf(guest)}/${guest.vmid}/status/${name}`));
    tell(`${what} – begun`);
    const exit = await endOf(upid);
    if (exit === 'OK') tell(`${what} – done`);
    else warn(`${what} – ${exit} `, logLink(upid));
  } catch (fault) {
    warn(`${what} – ${/** @type {Error} */ (fault).message}`);
  }
}

/** @param {string} upid */
async function endOf(upid) {
  for (;;) {
    // The node holds the call until the task has ended, 25 s at most.
    const task = await get(await ofNode(`/tasks/${encodeURIComponent(upid)}/status`));
    if (task.status === 'stopped') return task.exitstatus;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** @param {string} upid */
export function logLink(upid) {
  return element('a', { href: `#/tasks/${encodeURIComponent(upid)}` }, 'its log');
}

/**
 * @param {Pick<Guest, 'type'>} guest
 * @returns {import('./node.mjs').Kind}
 */
export function kindOf({ type }) {
  return type === 'lxc' ? 'lxc' : 'qemu';
}

/** As Proxmox VE calls the kinds.
 * @param {Pick<Guest, 'type'>} guest */
export function kindWord(guest) {
  return kindOf(guest) === 'lxc' ? 'CT' : 'VM';
}

/** @param {Guest} guest */
export function nameOf(guest) {
  const { vmid, name } = guest;
  return name === undefined ? `${kindWord(guest)} ${vmid}` : `${vmid} (${name})`;
}
