import * as Plot from '@observablehq/plot';
import { draw, ours, theirs } from './chart-frame';

/** One number of users; null = not known. */
export interface UsersPoint {
  readonly users: number;
  readonly throughput: number | null;
  readonly median: number | null;
  readonly p95: number | null;
}

export function throughputChart(points: readonly UsersPoint[]): string {
  return chart('throughput, requests/s', [marksOf(points, 'throughput', ours)]);
}

export function responseChart(points: readonly UsersPoint[]): string {
  return chart('response time, s', [
    marksOf(points, 'median', ours),
    marksOf(points, 'p95', theirs, 'triangle'),
  ]);
}

function chart(label: string, marks: readonly Plot.Markish[]): string {
  return draw({
    marginRight: 20,
    x: { label: 'users', labelAnchor: 'center', zero: true },
    y: { label, zero: true, grid: true },
    marks: [...marks],
  });
}

function marksOf(
  points: readonly UsersPoint[],
  key: 'throughput' | 'median' | 'p95',
  stroke: string,
  symbol: 'circle' | 'triangle' = 'circle',
): Plot.Markish {
  const rows = points.flatMap(({ users, [key]: value }) => (value === null ? [] : [{ users, value }]));
  return [
    Plot.line(rows, { x: 'users', y: 'value', stroke }),
    Plot.dot(rows, { x: 'users', y: 'value', r: 4, fill: stroke, stroke, symbol }),
  ];
}
