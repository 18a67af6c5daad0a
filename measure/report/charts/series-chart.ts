import * as Plot from '@observablehq/plot';
import type { Sample } from '../../analyse/figures/sample';
import { settling } from '../../analyse/resources/resource-samples';
import type { VisitResult } from '../../analyse/resources/visit';
import { band as darkBand, draw, lightBand, soft } from './chart-frame';

const levelColours = ['#777777', '#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00'];

/** What a reader must know of a visit, in one letter each. */
function remarks({ transient, disturbed }: VisitResult): string {
  return `${transient ? 'T' : ''}${disturbed ? 'D' : ''}`;
}

/**
 * One metric of all visits over time: guests change (dark band), the node settles (light band, thin grey line), the level is
 * sampled (coloured, its level above).
 */
export function seriesChart(
  samples: readonly Sample[],
  visits: readonly VisitResult[],
  metric: string,
  unit: string,
  factor: number,
): string {
  const start = Math.min(
    ...visits.flatMap(({ startedAt, seconds, wholeSeconds }) =>
      startedAt === null ? [] : [startedAt + (seconds ?? 0) - (wholeSeconds ?? 0)],
    ),
  );
  const minutes = (time: number): number => (time - start) / 60;
  const rowsOf = (name: string) =>
    samples.flatMap(({ metric, part, value, time, group, repetition }) =>
      metric === name && part === '' && value !== null
        ? [{ minutes: minutes(time), value: value / factor, level: group.replace('level ', ''), repetition }]
        : [],
    );
  const rows = rowsOf(metric);
  const before = rowsOf(`${metric}${settling}`);
  const bands = visits.flatMap((visit) => {
    const { startedAt, seconds, wholeSeconds, level } = visit;
    if (startedAt === null || seconds === null || wholeSeconds === null) return [];
    const own = before.filter(({ repetition }) => repetition === visit.visit);
    const sampledFrom = minutes(startedAt);
    const sampledTo = minutes(startedAt + seconds);
    return [
      {
        changedFrom: minutes(startedAt + seconds - wholeSeconds),
        settledFrom: own[0]?.minutes ?? sampledFrom,
        sampledFrom,
        middle: (sampledFrom + sampledTo) / 2,
        name: `${level}${remarks(visit)}`,
      },
    ];
  });
  const levels = [...new Set(rows.map(({ level }) => level))].sort((a, b) => Number(a) - Number(b));
  const band = (from: string, to: string, fill: string) => Plot.rectX(bands, { x1: from, x2: to, fill });
  return draw({
    width: 920,
    height: 230,
    marginTop: 36,
    marginRight: 16,
    x: { label: 'minutes since the first change', nice: true },
    y: { label: unit, labelOffset: 34, zero: true, grid: true, nice: true },
    color: {
      domain: levels,
      range: levels.map((_, index) => levelColours[index % levelColours.length] as string),
    },
    marks: [
      band('changedFrom', 'settledFrom', darkBand),
      band('settledFrom', 'sampledFrom', lightBand),
      Plot.ruleY([0]),
      Plot.line(before, { x: 'minutes', y: 'value', z: 'repetition', stroke: soft, strokeWidth: 0.9 }),
      Plot.line(rows, { x: 'minutes', y: 'value', z: 'repetition', stroke: 'level', strokeWidth: 2 }),
      Plot.dot(rows, { x: 'minutes', y: 'value', r: 1.4, fill: 'level' }),
      Plot.text(bands, { x: 'middle', text: 'name', frameAnchor: 'top', dy: -12, fontWeight: 600 }),
    ],
  });
}
