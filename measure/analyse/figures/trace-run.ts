import { readRawRun } from '../../run/raw-run';
import { analyse } from '../summary';
import { type TracedFigure, traceFigures } from './trace';

/**
 * Figures of a run, analysed again from its raw data. `wanted`: the beginning of a path if any path begins so, else a part of
 * a path or a name, ignoring case; undefined = all.
 */
export function traceRun(directory: string, wanted?: string): readonly TracedFigure[] {
  const raw = readRawRun(directory);
  const figures = traceFigures(raw, analyse(raw).summary);
  if (wanted === undefined) return figures;
  const text = wanted.toLowerCase();
  const exact = figures.filter(({ path }) => path.toLowerCase() === text);
  const begun = figures.filter(({ path }) => path.toLowerCase().startsWith(text));
  const holding = figures.filter(({ path, group, name }) =>
    `${path}\n${group}: ${name}`.toLowerCase().includes(text),
  );
  return [exact, begun, holding].find((found) => found.length > 0) ?? [];
}
