import type { BudgetAnswer } from '../../analyse/compare/budget';
import type { RunSeries, SeriesFigure, SeriesPoint } from '../../analyse/compare/compare-series';
import type { Summary } from '../../analyse/summary';
import { runsChart } from '../charts/runs-chart';
import type { Chart, Table } from '../document/document';
import { coverages, labelled } from '../document/format';
import { figureScale, pointCells, seriesReading } from '../sections/series';
import { type PageSection, renderComparisonPage } from './page';
import { chartId, isMain } from './pair-charts';
import { budgetSection, doubts } from './pair-page';
import { type ChartLabel, chartLabel, runCard } from './run-card';

/** The page of more than two runs; the summaries are those of the series, in its order. */
export function seriesPage(
  series: RunSeries,
  summaries: readonly Summary[],
  budget: readonly BudgetAnswer[] = [],
): string {
  const runs = summaries.map((summary, index) => runCard(series.runs[index]?.side ?? '', summary));
  const label = chartLabel(runs);
  const groups = [...new Set(series.figures.map(({ group }) => group))];
  const [first] = series.runs;
  return renderComparisonPage({
    title: `${runs.length} runs over time`,
    subtitle: `In the order of their dates, each compared with ${first?.side}.`,
    runs,
    sections: [
      doubts(series),
      ...budgetSection(budget, series.runs.at(-1)?.side ?? ''),
      ...groups.map((group) =>
        groupSection(
          group,
          series.figures.filter((figure) => figure.group === group),
          { series, label },
        ),
      ),
      { id: 'reading', title: 'How to read this', blocks: [{ kind: 'text', text: seriesReading(series) }] },
    ],
  });
}

interface Context {
  readonly series: RunSeries;
  readonly label: ChartLabel;
}

/** The main figures and those that differ at once, the others folded. */
function groupSection(group: string, figures: readonly SeriesFigure[], context: Context): PageSection {
  const isShown = (figure: SeriesFigure): boolean => isMain(figure) || apartIn(figure).length > 0;
  const charts = (some: readonly SeriesFigure[]): readonly Chart[] =>
    some.flatMap((figure) => chart(figure, context));
  const shown = charts(figures.filter(isShown));
  const others = charts(figures.filter((figure) => !isShown(figure)));
  return {
    id: group.replace(/\W+/g, '-'),
    title: group,
    blocks: [
      ...(shown.length > 0 ? [{ kind: 'charts', charts: shown } as const] : []),
      ...(others.length > 0
        ? [
            {
              kind: 'fold',
              summary: `${others.length} more charts: none differs`,
              blocks: [{ kind: 'charts', charts: others }],
            } as const,
          ]
        : []),
      {
        kind: 'fold',
        summary: `Table of ${group}`,
        blocks: [table(group, figures, context.series.runs[0]?.side ?? '')],
      },
    ],
  };
}

function apartIn({ points }: SeriesFigure): readonly SeriesPoint[] {
  return points.filter(
    ({ comparison }) => comparison?.verdict === 'differ' || comparison?.verdict === 'undecided',
  );
}

function chart(figure: SeriesFigure, { series, label }: Context): readonly Chart[] {
  const measured = figure.points.filter(({ values }) => values !== null);
  if (measured.length === 0) return [];
  const { unit, factor } = figureScale(figure);
  const percent = coverages(measured.map(({ values }) => values));
  const apart = apartIn(figure);
  const dates = series.runs.map(({ registeredAt }) => registeredAt.slice(5, 10));
  const [first] = figure.points;
  const title = labelled(figure.name, label.ofTitle);
  const caption = [
    `Medians${percent === null ? '' : ` with intervals that cover in ${percent}`}; band: interval of ${first?.side}.`,
    ...(label.ofCaption === null ? [] : [label.ofCaption]),
    apart.length === 0
      ? `None differs from ${first?.side}.`
      : `Filled, as 0 is outside the interval of the difference from ${first?.side}: ${apart.map(({ side }) => side).join(', ')}.`,
  ].join(' ');
  return [
    {
      id: chartId(figure.path),
      title,
      caption,
      svg: runsChart(figure, { title, description: caption, unit, dates, factor }),
    },
  ];
}

function table(title: string, figures: readonly SeriesFigure[], first: string): Table {
  return {
    kind: 'table',
    title,
    head: ['Figure', 'Run', 'Median', `Difference from ${first}`, 'p', 'Verdict'],
    rows: figures.flatMap((figure) =>
      figure.points.map((point) => [figure.name, point.side, ...pointCells(figure, point)]),
    ),
  };
}
