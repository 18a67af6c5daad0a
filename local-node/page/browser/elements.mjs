/** Elements of the page. All text goes in as text: nothing of the node or of a guest is ever read as HTML. */

/** @typedef {Record<string, string | number | boolean | EventListener | undefined>} Attributes */
/** @typedef {Node | string} Child */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes] a function is a listener (`onclick`); false and undefined leave one out
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  return dress(document.createElement(tag), attributes, children);
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function drawn(tag, attributes = {}, ...children) {
  return dress(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

/**
 * @template {Element} T
 * @param {T} made
 * @param {Attributes} attributes
 * @param {readonly Child[]} children
 */
function dress(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Changes a text only where it differs, so that a screen reader or a selection is left in peace.
 * @param {Element} where
 * @param {string} text
 */
export function say(where, text) {
  if (where.textContent !== text) where.textContent = text;
}

/**
 * A list whose items stay the same elements while their figures change: focus and selection outlive a refresh.
 * @template Value
 */
export class Keyed {
  /** @type {Map<string, { root: HTMLElement, update: (value: Value) => void }>} */
  #items = new Map();

  /**
   * @param {HTMLElement} parent
   * @param {(value: Value) => string} key
   * @param {(value: Value) => { root: HTMLElement, update: (value: Value) => void }} make
   */
  constructor(parent, key, make) {
    this.parent = parent;
    this.key = key;
    this.make = make;
  }

  /** @param {readonly Value[]} values in their order */
  show(values) {
    const keys = new Set(values.map(this.key));
    for (const [key, { root }] of this.#items) {
      if (keys.has(key)) continue;
      root.remove();
      this.#items.delete(key);
    }
    for (const [index, value] of values.entries()) {
      const key = this.key(value);
      const item = this.#items.get(key) ?? this.make(value);
      this.#items.set(key, item);
      item.update(value);
      const there = this.parent.children[index];
      if (there !== item.root) this.parent.insertBefore(item.root, there ?? null);
    }
  }
}
