import * as Plot from '@observablehq/plot';
import type { Distribution } from '../../analyse/statistics/statistics';
import { say } from '../language/messages';
import { blank, draw, ours, repetitions, theirs } from './chart-frame';

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
  const { run: own, paper: printed } = say().charts;
  const rows = bars.flatMap(({ application, measured, paper }) => [
    ...(measured === null
      ? []
      : [
          {
            application,
            source: own,
            value: measured.median / factor,
          },
        ]),
    ...(paper === null ? [] : [{ application, source: printed, value: paper }]),
  ]);
  const absent = bars.flatMap(({ application, measured, absent }) =>
    measured === null ? [{ application, source: own, value: 0, text: absent }] : [],
  );
  const sessions = bars.flatMap(({ application, measured }) =>
    repetitions(measured).map((value) => ({ application, source: own, value: value / factor })),
  );
  const intervals = bars.flatMap(({ application, measured }) =>
    measured?.interval
      ? [
          {
            application,
            source: own,
            low: measured.interval.low / factor,
            high: measured.interval.high / factor,
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
    x: { domain: [own, printed], label: null, padding: 0.15 },
    y: { label: unit, grid: true, domain: [0, top === 0 ? 1 : top * 1.12] },
    marks: [
      Plot.barY(
        rows.filter(({ source }) => source === printed),
        { fx: 'application', x: 'source', y: 'value', fill: blank, stroke: theirs, strokeDasharray: '4 3' },
      ),
      Plot.barY(
        rows.filter(({ source }) => source === own),
        { fx: 'application', x: 'source', y: 'value', fill: ours, fillOpacity: 0.85 },
      ),
      Plot.ruleX(intervals, { fx: 'application', x: 'source', y1: 'low', y2: 'high', strokeWidth: 1.5 }),
      Plot.dot(sessions, {
        fx: 'application',
        x: 'source',
        y: 'value',
        r: 2.2,
        fill: blank,
        stroke: 'currentColor',
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
