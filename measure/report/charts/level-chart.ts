import * as Plot from '@observablehq/plot';
import type { Distribution } from '../../analyse/statistics/statistics';
import { say } from '../language/messages';
import { blank, draw, frame, ours, part, repetitions, theirs } from './chart-frame';

export interface LevelPoint {
  readonly level: number;
  readonly measured: Distribution | null;
  /** What of it is the guests' own processes'; null where it is not told apart. */
  readonly guests?: Distribution | null;
  readonly paper: number | null;
  /** Other programs were busy in one of its visits: the dot is then hollow. */
  readonly disturbed?: boolean;
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
            fill: disturbed ? blank : ours,
            value: measured.median / factor,
            low: (measured.interval?.low ?? measured.median) / factor,
            high: (measured.interval?.high ?? measured.median) / factor,
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
  const words = say().charts;
  const ends = [
    { at: run[run.length - 1], text: words.run, fill: ours },
    { at: guests[guests.length - 1], text: words.guests, fill: part },
    { at: paper[paper.length - 1], text: words.paper, fill: theirs },
  ].flatMap(({ at, text, fill }) => (at ? [{ level: at.level, value: at.value, text, fill }] : []));
  const names = apart(ends, top);
  return draw({
    marginRight: 82,
    x: { ticks: points.map(({ level }) => level), tickFormat: 'd', label: say().charts.runningGuests },
    y: { label: unit, domain: [0, top === 0 ? 1 : top], grid: true, ticks: 6 },
    marks: [
      Plot.ruleY([0]),
      Plot.line(guests, { x: 'level', y: 'value', stroke: part, strokeWidth: 1.6, strokeDasharray: '1.5 3' }),
      Plot.dot(guests, { x: 'level', y: 'value', symbol: 'square', fill: part, r: 3.5 }),
      Plot.line(paper, { x: 'level', y: 'value', stroke: theirs, strokeDasharray: '5 4', strokeWidth: 1.6 }),
      Plot.dot(paper, { x: 'level', y: 'value', symbol: 'triangle', fill: blank, stroke: theirs, r: 5 }),
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

/**
 * Every visit of a level less the level's median, with the interval of the median: what the chart from 0 upwards is too coarse
 * to show. Dots stand in the order of the visits.
 */
export function spreadChart(points: readonly LevelPoint[], unit: string, factor: number): string {
  const known = points.flatMap(({ level, measured }) => (measured === null ? [] : [{ level, measured }]));
  const visits = known.flatMap(({ level, measured: { values, median, n } }) =>
    values.map((value, index) => ({
      x: level + (0.5 * (index + 1)) / (n + 1) - 0.25,
      value: (value - median) / factor,
    })),
  );
  const intervals = known.flatMap(({ level, measured: { interval, median } }) =>
    interval === null
      ? []
      : [
          {
            from: level - 0.3,
            to: level + 0.3,
            low: (interval.low - median) / factor,
            high: (interval.high - median) / factor,
          },
        ],
  );
  return draw({
    marginRight: 16,
    marginLeft: 56,
    x: {
      domain: [
        Math.min(...known.map(({ level }) => level)) - 0.5,
        Math.max(...known.map(({ level }) => level)) + 0.5,
      ],
      ticks: known.map(({ level }) => level),
      tickFormat: 'd',
      label: say().charts.runningGuests,
    },
    y: { label: unit, grid: true, nice: true, ticks: 6 },
    marks: [
      Plot.rect(intervals, { x1: 'from', x2: 'to', y1: 'low', y2: 'high', fill: ours, fillOpacity: 0.25 }),
      Plot.ruleY([0], { stroke: ours, strokeWidth: 1.5 }),
      Plot.dot(visits, { x: 'x', y: 'value', r: 3, fill: blank, stroke: 'currentColor', strokeWidth: 1 }),
    ],
  });
}
