import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Sample } from '../analyse/sample';
import type { Distribution } from '../analyse/statistics';

/** Okabe and Ito's colours, told apart by the colour-blind too; shapes and labels say the same once more. */
const ours = '#0072B2';
const theirs = '#D55E00';
const part = '#009E73';
const levelColours = ['#999999', '#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00'];

const { document } = parseHTML('<!doctype html><html><body></body></html>');
const frame = {
  document,
  width: 440,
  height: 270,
  marginLeft: 48,
  marginTop: 28,
  marginBottom: 40,
  style: { fontSize: '12px', background: 'white' },
};

/** Plot answers an SVG element of the document that it was given. */
function draw(options: Plot.PlotOptions): string {
  return Plot.plot({ ...frame, ...options }).outerHTML;
}

export interface LevelPoint {
  readonly level: number;
  readonly measured: Distribution | null;
  /** What of it is the guests' own processes'; null where it is not told apart. */
  readonly guests?: Distribution | null;
  readonly paper: number | null;
  /** Other programs were busy in one of its visits: the dot is then hollow. */
  readonly disturbed?: boolean;
}

/** The single values, where they say more than their median does. */
function repetitions(measured: Distribution | null): readonly number[] {
  return measured === null || measured.n === 1 ? [] : measured.values;
}

/** Labels beside the ends of lines, moved apart where they would lie on each other; `top` is the value at the chart's top. */
function apart<T extends { readonly value: number }>(
  ends: readonly T[],
  top: number,
): (T & { at: number })[] {
  const apartBy = (top * 15) / (frame.height - frame.marginTop - frame.marginBottom);
  let above = Number.NEGATIVE_INFINITY;
  return [...ends]
    .sort((a, b) => a.value - b.value)
    .map((end) => {
      above = Math.max(end.value, above + apartBy);
      return { ...end, at: above };
    });
}

/**
 * A quantity against the number of running guests: median with interval, every visit as a small mark, what of it the
 * guests' processes use, and the paper's line.
 */
export function levelChart(points: readonly LevelPoint[], unit: string, factor: number): string {
  const run = points.flatMap(({ level, measured, disturbed }) =>
    measured === null
      ? []
      : [
          {
            level,
            fill: disturbed ? 'white' : ours,
            value: measured.median / factor,
            low: (measured.interval?.[0] ?? measured.median) / factor,
            high: (measured.interval?.[1] ?? measured.median) / factor,
          },
        ],
  );
  const visits = points.flatMap(({ level, measured }) =>
    repetitions(measured).map((value) => ({ level, value: value / factor })),
  );
  const paper = points.flatMap(({ level, paper }) => (paper === null ? [] : [{ level, value: paper }]));
  const guests = points.flatMap(({ level, guests }) =>
    guests ? [{ level, value: guests.median / factor }] : [],
  );
  const top =
    1.05 *
    Math.max(
      ...[...run.map(({ high }) => ({ value: high })), ...visits, ...paper].map(({ value }) => value),
      0,
    );
  const ends = [
    { at: run[run.length - 1], text: 'this run', fill: ours },
    { at: guests[guests.length - 1], text: 'its guests', fill: part },
    { at: paper[paper.length - 1], text: 'paper', fill: theirs },
  ].flatMap(({ at, text, fill }) => (at ? [{ level: at.level, value: at.value, text, fill }] : []));
  const names = apart(ends, top);
  return draw({
    marginRight: 82,
    x: { ticks: points.map(({ level }) => level), tickFormat: 'd', label: 'running guests' },
    y: { label: unit, domain: [0, top === 0 ? 1 : top], grid: true, ticks: 6 },
    marks: [
      Plot.ruleY([0]),
      Plot.line(guests, { x: 'level', y: 'value', stroke: part, strokeWidth: 1.6, strokeDasharray: '1.5 3' }),
      Plot.dot(guests, { x: 'level', y: 'value', symbol: 'square', fill: part, r: 3.5 }),
      Plot.line(paper, { x: 'level', y: 'value', stroke: theirs, strokeDasharray: '5 4', strokeWidth: 1.6 }),
      Plot.dot(paper, { x: 'level', y: 'value', symbol: 'triangle', fill: 'white', stroke: theirs, r: 5 }),
      Plot.line(run, { x: 'level', y: 'value', stroke: ours, strokeWidth: 2 }),
      Plot.ruleX(run, {
        x: 'level',
        y1: 'low',
        y2: 'high',
        stroke: ours,
        strokeWidth: 5,
        strokeOpacity: 0.3,
      }),
      Plot.dot(visits, { x: 'level', y: 'value', r: 1.8, fill: ours, fillOpacity: 0.6, dx: 7 }),
      Plot.dot(run, { x: 'level', y: 'value', r: 4.5, fill: 'fill', stroke: ours, strokeWidth: 2 }),
      Plot.text(names, {
        x: 'level',
        y: 'at',
        text: 'text',
        fill: 'fill',
        dx: 14,
        textAnchor: 'start',
        fontWeight: 600,
      }),
    ],
  });
}

export interface ApplicationBar {
  readonly application: string;
  readonly measured: Distribution | null;
  /** As the paper states it; null = it does not. */
  readonly paper: number | null;
  /** Instead of a bar, where there is no figure. */
  readonly absent: string;
}

/** One pair of bars per application: filled = this run (dots are its sessions), hollow and dashed = the paper. */
export function applicationChart(bars: readonly ApplicationBar[], unit: string, factor: number): string {
  const rows = bars.flatMap(({ application, measured, paper }) => [
    ...(measured === null
      ? []
      : [
          {
            application,
            source: 'this run',
            value: measured.median / factor,
          },
        ]),
    ...(paper === null ? [] : [{ application, source: 'paper', value: paper }]),
  ]);
  const absent = bars.flatMap(({ application, measured, absent }) =>
    measured === null ? [{ application, source: 'this run', value: 0, text: absent }] : [],
  );
  const sessions = bars.flatMap(({ application, measured }) =>
    repetitions(measured).map((value) => ({ application, source: 'this run', value: value / factor })),
  );
  const intervals = bars.flatMap(({ application, measured }) =>
    measured?.interval
      ? [
          {
            application,
            source: 'this run',
            low: measured.interval[0] / factor,
            high: measured.interval[1] / factor,
          },
        ]
      : [],
  );
  /** Labels stand above the bar and all its marks. */
  const topOf = (row: { application: string; source: string; value: number }): number =>
    Math.max(
      row.value,
      ...sessions.filter((one) => isSame(one, row)).map(({ value }) => value),
      ...intervals.filter((one) => isSame(one, row)).map(({ high }) => high),
    );
  const top = Math.max(0, ...rows.map(({ value }) => value), ...sessions.map(({ value }) => value));
  return draw({
    marginRight: 10,
    marginBottom: 30,
    fx: { domain: bars.map(({ application }) => application), label: null, padding: 0.12 },
    x: { domain: ['this run', 'paper'], label: null, padding: 0.15 },
    y: { label: unit, grid: true, domain: [0, top === 0 ? 1 : top * 1.12] },
    marks: [
      Plot.barY(
        rows.filter(({ source }) => source === 'paper'),
        { fx: 'application', x: 'source', y: 'value', fill: 'white', stroke: theirs, strokeDasharray: '4 3' },
      ),
      Plot.barY(
        rows.filter(({ source }) => source === 'this run'),
        { fx: 'application', x: 'source', y: 'value', fill: ours, fillOpacity: 0.85 },
      ),
      Plot.ruleX(intervals, { fx: 'application', x: 'source', y1: 'low', y2: 'high', strokeWidth: 1.5 }),
      Plot.dot(sessions, {
        fx: 'application',
        x: 'source',
        y: 'value',
        r: 2.2,
        fill: 'white',
        stroke: 'black',
        strokeWidth: 0.8,
        dx: 9,
      }),
      Plot.text(
        rows.map((row) => ({ ...row, top: topOf(row) })),
        {
          fx: 'application',
          x: 'source',
          y: 'top',
          text: ({ value }: { value: number }) => shortNumber(value),
          dy: -9,
          fontSize: 11,
        },
      ),
      Plot.text(absent, {
        fx: 'application',
        x: 'source',
        y: 'value',
        text: 'text',
        rotate: -90,
        textAnchor: 'start',
        dy: -6,
        fontSize: 11,
        fontStyle: 'italic',
      }),
      Plot.ruleY([0]),
    ],
  });
}

function isSame(
  a: { application: string; source: string },
  b: { application: string; source: string },
): boolean {
  return a.application === b.application && a.source === b.source;
}

function shortNumber(value: number): string {
  return value === 0 ? '0' : String(Number(value.toPrecision(3)));
}

/** Page load times, one mark per page, one row per application; limits are G.1010's. */
export function pageChart(
  pages: readonly { application: string; seconds: number }[],
  limits: readonly { seconds: number; text: string }[],
): string {
  const applications = [...new Set(pages.map(({ application }) => application))];
  const longest = Math.max(...pages.map(({ seconds }) => seconds), 0);
  const shown = limits.filter(({ seconds }) => seconds <= longest * 1.3);
  return draw({
    width: 920,
    height: 80 + 44 * applications.length,
    // Wide enough for the label left of the first limit, wherever that lies.
    marginLeft: 130,
    marginRight: 30,
    x: { label: 'seconds', zero: true, grid: true, nice: true },
    y: { domain: applications, label: null },
    marks: [
      Plot.ruleX(shown, { x: 'seconds', strokeDasharray: '4 3' }),
      // One label to either side, so that close limits do not cover each other's.
      ...shown.map((limit, index) =>
        Plot.text([limit], {
          x: 'seconds',
          text: 'text',
          frameAnchor: 'top',
          textAnchor: index === 0 ? 'end' : 'start',
          dx: index === 0 ? -4 : 4,
          dy: -10,
        }),
      ),
      Plot.tickX(pages, {
        x: 'seconds',
        y: 'application',
        stroke: ours,
        strokeOpacity: 0.7,
        strokeWidth: 1.5,
      }),
      Plot.tickX(
        pages,
        Plot.groupY({ x: 'median' }, { x: 'seconds', y: 'application', stroke: theirs, strokeWidth: 4 }),
      ),
    ],
  });
}

/** One metric of all visits over time, with the level of each visit written above it. */
export function seriesChart(
  samples: readonly Sample[],
  metric: string,
  unit: string,
  factor: number,
): string {
  const own = samples.filter(
    (sample) => sample.metric === metric && sample.part === '' && sample.value !== null,
  );
  const start = Math.min(...own.map(({ time }) => time));
  const rows = own.map(({ time, value, group, repetition }) => ({
    minutes: (time - start) / 60,
    value: (value ?? Number.NaN) / factor,
    level: group.replace('level ', ''),
    repetition,
  }));
  const levels = [...new Set(rows.map(({ level }) => level))].sort((a, b) => Number(a) - Number(b));
  const visits = [...new Set(rows.map(({ repetition }) => repetition))].map((repetition) => {
    const visit = rows.filter((row) => row.repetition === repetition);
    const middle = visit[Math.floor(visit.length / 2)];
    return { minutes: middle?.minutes, level: middle?.level };
  });
  return draw({
    width: 920,
    height: 210,
    marginRight: 16,
    x: { label: 'minutes since the first sample', nice: true },
    y: { label: unit, zero: true, grid: true, nice: true },
    color: { domain: levels, range: levelColours.slice(0, levels.length) },
    marks: [
      Plot.ruleY([0]),
      Plot.line(rows, { x: 'minutes', y: 'value', z: 'repetition', stroke: 'level', strokeWidth: 2 }),
      Plot.dot(rows, { x: 'minutes', y: 'value', r: 1.4, fill: 'level' }),
      Plot.text(visits, { x: 'minutes', text: 'level', frameAnchor: 'top', dy: -12, fontWeight: 600 }),
    ],
  });
}
