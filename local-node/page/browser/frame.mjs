import { element, say } from './elements.mjs';
import { node } from './node.mjs';
import { notices } from './notices.mjs';
import { forgetEverywhere } from './session.mjs';

/**
 * What is shown under the bar. `refresh` is called again and again while the page is seen.
 * @typedef {object} View
 * @property {string} title of the window
 * @property {HTMLElement} root
 * @property {string} [section] the entry of the bar that it belongs to
 * @property {() => Promise<void>} [refresh]
 * @property {() => void} [close]
 */

/** How guests run, in words that no screenshot of the page is without. */
const ENGINES = {
  kvm: 'Embedded local node: guests with KVM',
  simulated: 'Embedded local node: simulated guests',
  tcg: 'Embedded local node: emulated guests (TCG)',
};

const SECTIONS = [
  ['Summary', '#/'],
  ['Guests', '#/guests'],
  ['Tasks', '#/tasks'],
  ['Storage', '#/storage'],
];

/** What is around every view: the bar, notices, and whether the node answers. */
export class Frame {
  #name = element('span', { class: 'node-name' }, 'Local node');
  #engine = element('p', { class: 'engine' });
  #user = element('span', { class: 'user' });
  #nav;
  #bar;
  #main = element('main', { tabindex: '-1' });
  #trouble = element('div', { class: 'trouble', role: 'alert', hidden: true });
  /** The view before, for where the focus goes. */
  #shown = false;

  /** @param {() => void} changed the login is gone */
  constructor(changed) {
    const links = SECTIONS.map(([words = '', href]) => element('a', { href }, words));
    this.#nav = element('nav', { 'aria-label': 'Sections' }, ...links);
    const out = element(
      'button',
      { type: 'button', class: 'quiet', onclick: () => logOut(changed) },
      'Log out',
    );
    const skip = element('button', { type: 'button', class: 'skip', onclick: () => this.#main.focus() });
    skip.textContent = 'Skip to the content';
    const brand = element('div', { class: 'brand' }, icon(), this.#name, this.#engine);
    this.#bar = element(
      'header',
      {},
      skip,
      brand,
      this.#nav,
      element('div', { class: 'login' }, this.#user, out),
    );
    document.body.append(this.#bar, this.#main, notices, this.#trouble);
  }

  /**
   * @param {View} view
   * @param {string | undefined} user
   */
  show(view, user) {
    const loggedIn = user !== undefined;
    document.title = `${view.title} – local node`;
    this.#bar.hidden = !loggedIn;
    document.body.classList.toggle('logged-out', !loggedIn);
    say(this.#user, user ?? '');
    for (const link of this.#nav.children) {
      if (link.textContent === view.section) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    this.#main.replaceChildren(view.root);
    this.#trouble.hidden = true;
    // A keyboard goes on at the top of what is new; at the first view the browser decides.
    if (this.#shown && !view.root.contains(document.activeElement)) this.#main.focus({ preventScroll: true });
    this.#shown = true;
    scrollTo(0, 0);
    if (loggedIn && this.#engine.textContent === '') void this.#introduce();
  }

  /** @param {string} [fault] what the node says instead of figures */
  answered(fault) {
    document.body.classList.remove('stale');
    this.#trouble.hidden = fault === undefined;
    if (fault !== undefined) say(this.#trouble, fault);
  }

  /** Figures stay as they were, and look like it. */
  unreachable() {
    document.body.classList.add('stale');
    if (this.#trouble.hidden) {
      say(
        this.#trouble,
        `The node does not answer since ${new Date().toLocaleTimeString('en-GB')}. Trying again…`,
      );
    }
    this.#trouble.hidden = false;
  }

  async #introduce() {
    // A failure shows by the view itself.
    const known = await node().catch(() => undefined);
    if (!known) return;
    const { name, acceleration } = known;
    say(this.#name, name);
    say(this.#engine, ENGINES[acceleration]);
  }
}

/** @param {() => void} changed */
function logOut(changed) {
  forgetEverywhere();
  history.replaceState(null, '', '/');
  changed();
}

function icon() {
  return element('img', { src: '/page/icon.svg', alt: '', width: 28, height: 28 });
}
