import Table from 'cli-table3';
import pc from 'picocolors';
import type { RunSeries } from '../../analyse/compare/compare-series';
import { pointCells, seriesPreamble, seriesReading } from '../sections/series';

/** Every figure with a line for each run. `colour` false (NO_COLOR, a pipe) gives plain text. */
export function renderSeries(series: RunSeries, colour: boolean = pc.isColorSupported): string {
  const paint = pc.createColors(colour);
  const [first] = series.runs;
  const table = new Table({
    head: ['Of', 'Metric', 'Run', 'Median', `Difference from ${first?.side}`, 'p', 'Verdict'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: colour ? { head: ['bold'] } : { head: [], border: [] },
  });
  let group: string | undefined;
  for (const figure of series.figures) {
    for (const [index, point] of figure.points.entries()) {
      const [measured = '', difference = '', p = '', verdict = ''] = pointCells(figure, point);
      table.push([
        figure.group === group ? '' : paint.bold(figure.group),
        index === 0 ? figure.name : '',
        point.side,
        measured,
        difference,
        p,
        verdict === 'differ' ? paint.bold(verdict) : verdict,
      ]);
      group = figure.group;
    }
  }
  const preamble = seriesPreamble(series).map((line) =>
    line.startsWith('NOT COMPARABLE') ? paint.yellow(line) : line,
  );
  return [...preamble, '', table.toString(), '', seriesReading(series)].join('\n');
}
