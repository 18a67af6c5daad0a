import { drawn, element, say } from './elements.mjs';
import { clock } from './words.mjs';

/** A curve over time, drawn by hand: a few lines of SVG. */

/** @typedef {Record<string, number>} Row of rrddata: `time` in seconds of the epoch, and figures, which may be missing */
/** @typedef {{ key: string, words: string }} Series */
/** @typedef {object} ChartOptions
 * @property {string} title
 * @property {readonly Series[]} series the first is filled
 * @property {(value: number) => string} write
 * @property {number} [least] the axis ends at this or higher, so that noise does not look like load
 * @property {boolean} [binary] are the figures bytes? Then the axis has steps of 2 to the n
 */

const HEIGHT = 150;
const EDGE = { left: 70, right: 8, top: 8, bottom: 20 };
const LINES = 4;

export class Chart {
  #svg = drawn('svg', { height: HEIGHT, 'aria-hidden': 'true' });
  #legend = element('p', { class: 'legend' });
  /** @type {readonly Row[]} */
  #rows = [];
  /** The row under the pointer or the keys; undefined = the newest. @type {number | undefined} */
  #at;
  /** @type {HTMLElement[]} */
  #values = [];
  #when = element('span', { class: 'when' });
  root;

  /** @param {ChartOptions} options */
  constructor(options) {
    this.options = options;
    const title = element('h3', {}, options.title);
    options.series.forEach(({ words }, index) => {
      const value = element('b');
      this.#values.push(value);
      this.#legend.append(element('span', { class: `key series-${index}` }, `${words} `, value));
    });
    this.#legend.append(this.#when);
    this.root = element(
      'figure',
      {
        ...{ class: 'chart', tabindex: 0, role: 'group', onkeydown: (event) => this.#key(event) },
        'aria-label': `${options.title}: a chart; the left and right keys read its figures`,
        onfocus: () => this.#legend.setAttribute('aria-live', 'polite'),
        onblur: () => this.#leave(),
        onpointermove: (event) => this.#point(/** @type {PointerEvent} */ (event)),
        onpointerleave: () => this.#leave(),
      },
      ...[title, this.#svg, this.#legend],
    );
    new ResizeObserver(() => this.#draw()).observe(this.#svg);
  }

  /** @param {readonly Row[]} rows */
  show(rows) {
    this.#rows = rows;
    this.#draw();
  }

  /** @param {Event} event */
  #key(event) {
    const { key } = /** @type {KeyboardEvent} */ (event);
    const step = key === 'ArrowLeft' ? -1 : key === 'ArrowRight' ? 1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const last = this.#rows.length - 1;
    this.#at = Math.min(Math.max((this.#at ?? last) + step, 0), last);
    this.#draw();
  }

  /** @param {PointerEvent} event */
  #point({ clientX }) {
    const { left, width } = this.#svg.getBoundingClientRect();
    const share = (clientX - left - EDGE.left) / (width - EDGE.left - EDGE.right);
    const last = this.#rows.length - 1;
    this.#at = Math.min(Math.max(Math.round(share * last), 0), last);
    this.#draw();
  }

  #leave() {
    this.#legend.removeAttribute('aria-live');
    this.#at = undefined;
    this.#draw();
  }

  #draw() {
    const width = this.#svg.clientWidth;
    const rows = this.#rows;
    if (width === 0 || rows.length < 2) return;
    const top = ceiling(this.#highest(), this.options.binary === true);
    const x = (/** @type {number} */ index) =>
      EDGE.left + (index / (rows.length - 1)) * (width - EDGE.left - EDGE.right);
    const y = (/** @type {number} */ value) =>
      EDGE.top + (1 - value / top) * (HEIGHT - EDGE.top - EDGE.bottom);
    const curves = this.options.series.flatMap(({ key }, index) => curve(rows, key, index, x, y));
    this.#svg.replaceChildren(...this.#axes(top, x, y, width), ...curves.reverse());
    this.#mark(x, y);
  }

  #highest() {
    const values = this.#rows.flatMap((row) => this.options.series.map(({ key }) => row[key] ?? 0));
    return Math.max(this.options.least ?? 0, ...values);
  }

  /**
   * @param {number} top
   * @param {(index: number) => number} x
   * @param {(value: number) => number} y
   * @param {number} width
   */
  #axes(top, x, y, width) {
    const lines = Array.from({ length: LINES + 1 }, (_, index) => (top * index) / LINES).flatMap((value) => [
      drawn('line', { class: 'grid', x1: EDGE.left, x2: width - EDGE.right, y1: y(value), y2: y(value) }),
      drawn(
        'text',
        { x: EDGE.left - 6, y: y(value) + 4, 'text-anchor': 'end' },
        short(this.options.write(value)),
      ),
    ]);
    const every = width < 420 ? 2 : 1;
    const times = this.#rows.flatMap(({ time = 0 }, index) => {
      if (!isRound(time, every, this.#rows) || index === 0 || x(index) > width - 28) return [];
      return drawn('text', { x: x(index), y: HEIGHT - 4, 'text-anchor': 'middle' }, clock(time));
    });
    return [...lines, ...times];
  }

  /**
   * The figures of one moment, in words and as a line.
   * @param {(index: number) => number} x
   * @param {(value: number) => number} y
   */
  #mark(x, y) {
    const { series, write } = this.options;
    const index =
      this.#at ?? this.#rows.findLastIndex((row) => series.some(({ key }) => row[key] !== undefined));
    const row = this.#rows[index];
    series.forEach(({ key }, number) => {
      const value = row?.[key];
      const words = this.#values[number];
      if (words) say(words, value === undefined ? '–' : write(value));
      if (this.#at === undefined || value === undefined) return;
      this.#svg.append(drawn('circle', { class: `dot series-${number}`, cx: x(index), cy: y(value), r: 4 }));
    });
    say(this.#when, row ? clock(row.time ?? 0) : 'no figures yet');
    if (this.#at === undefined) return;
    this.#svg.append(
      drawn('line', { class: 'cursor', x1: x(index), x2: x(index), y1: EDGE.top, y2: HEIGHT - EDGE.bottom }),
    );
  }
}

/**
 * Lines between neighbours that are there; where figures are missing there is a gap.
 * @param {readonly Row[]} rows
 * @param {string} key
 * @param {number} number
 * @param {(index: number) => number} x
 * @param {(value: number) => number} y
 */
function curve(rows, key, number, x, y) {
  /** @type {(readonly [number, number])[][]} */
  const runs = [];
  rows.forEach((row, index) => {
    const value = row[key];
    if (value === undefined) return;
    const point = /** @type {const} */ ([x(index), y(value)]);
    if (rows[index - 1]?.[key] === undefined) runs.push([point]);
    else runs.at(-1)?.push(point);
  });
  return runs.flatMap((run) => {
    const path = run.map(([left, top]) => `${left.toFixed(1)},${top.toFixed(1)}`).join('L');
    // A single value has no line; it is a point.
    if (run.length === 1) {
      const [[cx, cy] = [0, 0]] = run;
      return [drawn('circle', { class: `dot series-${number}`, cx, cy, r: 2 })];
    }
    const line = drawn('path', { class: `line series-${number}`, d: `M${path}` });
    if (number > 0) return [line];
    const [first, last] = [run[0]?.[0] ?? 0, run.at(-1)?.[0] ?? 0];
    return [
      line,
      drawn('path', { class: `area series-${number}`, d: `M${path}L${last},${y(0)}L${first},${y(0)}Z` }),
    ];
  });
}

/** @param {string} figure of an axis, whose steps are round */
const short = (figure) => figure.replace('.00', '');

/**
 * Whether the axis names this moment: each quarter of an hour or each six hours, of the clock of the one who looks.
 * @param {number} time seconds of the epoch
 * @param {number} every how many of them
 * @param {readonly Row[]} rows
 */
function isRound(time, every, rows) {
  const span = (rows.at(-1)?.time ?? 0) - (rows[0]?.time ?? 0);
  const step = (span > 7200 ? 6 * 3600 : 900) * every;
  return (time - new Date(time * 1000).getTimezoneOffset() * 60) % step === 0;
}

/**
 * The end of an axis: a round number at or above the highest value.
 * @param {number} highest
 * @param {boolean} binary
 */
export function ceiling(highest, binary) {
  if (highest <= 0) return 1;
  if (binary) {
    const power = 2 ** Math.floor(Math.log2(highest));
    return [1, 1.25, 1.5, 1.75, 2].map((step) => step * power).find((step) => step >= highest) ?? highest;
  }
  const power = 10 ** Math.floor(Math.log10(highest));
  return (
    [1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10]
      .map((step) => step * power)
      .find((step) => step >= highest * 0.999) ?? highest
  );
}
