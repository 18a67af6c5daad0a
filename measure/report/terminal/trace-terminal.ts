import type { TracedFigure, TracedObservation } from '../../analyse/figures/trace';
import type { HashedFile } from '../../run/file-hashes';
import { coverage, missing } from '../document/format';

/** One line for each figure: its name for `npm run trace`, and its value in full precision. */
export function renderFigureList(figures: readonly TracedFigure[]): string {
  const width = Math.max(...figures.map(({ path }) => path.length));
  return figures.map((figure) => `${figure.path.padEnd(width)}  ${value(figure)}`).join('\n');
}

/** A figure with all that it is made of. */
export function renderTrace(
  figure: TracedFigure,
  hashes: (files: readonly string[]) => readonly HashedFile[],
): string {
  const { path, group, name, statistic, interval, dependence, rule, observations } = figure;
  const n = observations.filter((each) => each.value !== null).length;
  const range =
    interval === null
      ? ''
      : `; [${interval.low}, ${interval.high}] holds the true median in ${coverage(interval)} of cases`;
  return [
    `${path}: ${value(figure)}`,
    `  what       ${group}, ${name}`,
    `  statistic  ${statistic}, n = ${n}${range}`,
    ...(dependence === null
      ? []
      : [
          `  neighbours lag-1 correlation ${dependence.lag1}, runs test p ${dependence.runsPValue}${dependence.widens ? ': alike, so the interval is too narrow' : ''}`,
        ]),
    `  each       ${rule.how}`,
    `  fields     ${rule.fields.join(', ')}${rule.captures.length > 0 ? `, and the packets of ${rule.captures.join(' and ')}` : ''}`,
    ...observations.flatMap((observation) => [
      `  ${observationLine(observation, figure)}`,
      ...hashes(observation.files).map(({ file, sha256 }) => `    ${file}  ${sha256 ?? 'not there'}`),
    ]),
  ].join('\n');
}

function observationLine(observation: TracedObservation, { unit }: TracedFigure): string {
  const marks = observation.marks.length > 0 ? `  (${observation.marks.join('; ')})` : '';
  return `${observation.repetition}: ${value({ value: observation.value, unit })}${marks}`;
}

/** Not rounded: what is traced is compared digit by digit. */
function value({ value: figure, unit }: Pick<TracedFigure, 'value' | 'unit'>): string {
  if (figure === null) return missing;
  return unit === '' ? String(figure) : `${figure} ${unit}`;
}
