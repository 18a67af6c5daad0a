import type { BudgetAnswer } from '../../analyse/compare/budget';
import type { MetricComparison, RunComparison } from '../../analyse/compare/compare-runs';
import type { Summary } from '../../analyse/summary';
import { ratioChart } from '../charts/ratio-chart';
import type { Block, Chart, Table } from '../document/document';
import { labelled, number } from '../document/format';
import { budgetReading, budgetSummary, budgetTable } from '../sections/budget';
import {
  difference,
  effectsReading,
  manyReading,
  probability,
  ratio,
  sideMedian,
} from '../sections/comparison';
import { type ComparisonPage, type PageSection, renderComparisonPage } from './page';
import { chartId, pairCharts } from './pair-charts';
import { type ChartLabel, chartLabel, runCard } from './run-card';

/** Figures that are shown at once; the others are folded. */
const mostRows = 12;

/** The page of two runs; the summaries are those that were compared. */
export function pairPage(
  comparison: RunComparison,
  summaries: readonly [Summary, Summary],
  budget: readonly BudgetAnswer[] = [],
): string {
  const [A, B] = comparison.sides;
  const runs = [runCard(A, summaries[0]), runCard(B, summaries[1])];
  const label = chartLabel(runs);
  const page: ComparisonPage = {
    title: 'Two runs compared',
    subtitle: `Effects are those of ${B} against ${A}.`,
    runs,
    sections: [
      doubts(comparison),
      ...budgetSection(budget, B),
      findings(comparison),
      ...chartSection(pairCharts(comparison, label)),
      ...ratioSection(comparison, label),
      {
        id: 'all',
        title: 'Every figure',
        blocks: groups(comparison).map(([group, metrics]) => ({
          kind: 'fold',
          summary: `${group} (${metrics.length})`,
          blocks: [table(group, metrics, comparison)],
        })),
      },
      {
        id: 'reading',
        title: 'How to read this',
        blocks: [
          { kind: 'text', text: effectsReading(A, B) },
          { kind: 'text', text: manyReading(comparison.multiplicity, `${A} and ${B}`) },
        ],
      },
    ],
  };
  return renderComparisonPage(page);
}

/** What a reader must know before any figure. */
export function doubts({ obstacles, cautions }: Pick<RunComparison, 'obstacles' | 'cautions'>): PageSection {
  return {
    id: 'doubts',
    title: 'What makes this comparison doubtful',
    blocks: [
      ...obstacles.map((obstacle): Block => ({ kind: 'notice', text: `Not comparable: ${obstacle}` })),
      ...(obstacles.length > 0
        ? [
            {
              kind: 'text',
              text: 'The figures are compared all the same: what differs may come from this.',
            } as const,
          ]
        : []),
      { kind: 'list', items: cautions },
    ],
  };
}

/** Empty where there is no budget. */
export function budgetSection(answers: readonly BudgetAnswer[], side: string): readonly PageSection[] {
  if (answers.length === 0) return [];
  return [
    {
      id: 'budget',
      title: 'Budget',
      blocks: [
        { kind: 'text', text: budgetSummary(answers) },
        budgetTable(answers, side),
        { kind: 'text', text: budgetReading },
      ],
    },
  ];
}

function findings(comparison: RunComparison): PageSection {
  const found = comparison.metrics.filter(isApart);
  const { judged, differ, byChance } = comparison.multiplicity;
  const rows = (some: readonly MetricComparison[]): Table => ({
    kind: 'table',
    title: 'Figures whose difference leaves 0 out',
    head: ['Of', 'Figure', ...comparison.sides, 'Difference', 'Verdict'],
    rows: some.map((metric) => [
      metric.group,
      metric.name,
      sideMedian(metric, 'a'),
      sideMedian(metric, 'b'),
      difference(metric),
      metric.verdict === 'differ' ? 'differ' : 'may differ',
    ]),
  });
  const rest = found.slice(mostRows);
  return {
    id: 'found',
    title: 'What differs',
    blocks: [
      {
        kind: 'text',
        text: `Of ${judged} figures with an interval ${differ === 0 ? 'none differs' : `${differ} differ or may differ`}; were the runs equal, up to about ${number(byChance, 2)} would by chance.`,
      },
      ...(found.length > 0 ? [rows(found.slice(0, mostRows))] : []),
      ...(rest.length > 0
        ? [{ kind: 'fold', summary: `${rest.length} more`, blocks: [rows(rest)] } as const]
        : []),
    ],
  };
}

function chartSection(charts: readonly Chart[]): readonly PageSection[] {
  if (charts.length === 0) return [];
  return [{ id: 'charts', title: 'Both runs on one axis', blocks: [{ kind: 'charts', charts }] }];
}

function ratioSection(comparison: RunComparison, label: ChartLabel): readonly PageSection[] {
  const [A, B] = comparison.sides;
  const drawn = groups(comparison).flatMap(([group, metrics]) => {
    const title = labelled(group, label.ofTitle);
    const caption = [
      `Ratio of ${B} to ${A} with its interval; right of 1 = more in ${B}. Filled: the interval leaves 1 out.`,
      ...(label.ofCaption === null ? [] : [label.ofCaption]),
    ].join(' ');
    const svg = ratioChart(metrics, { title, description: caption, sides: comparison.sides });
    return svg === null
      ? []
      : [{ group, differs: metrics.some(isApart), chart: { id: chartId(group), title, caption, svg } }];
  });
  const found = drawn.filter(({ differs }) => differs);
  const equal = drawn.filter(({ differs }) => !differs);
  if (drawn.length === 0) return [];
  return [
    {
      id: 'ratios',
      title: 'How much more, how much less',
      blocks: [
        {
          kind: 'text',
          text: 'Figures that are 0 in a repetition have no ratio; they are in the tables below.',
        },
        ...(found.length > 0 ? [{ kind: 'charts', charts: found.map(({ chart }) => chart) } as const] : []),
        ...(equal.length > 0
          ? [
              {
                kind: 'fold',
                summary: `Where nothing differs: ${equal.map(({ group }) => group).join(', ')}`,
                blocks: [{ kind: 'charts', charts: equal.map(({ chart }) => chart) }],
              } as const,
            ]
          : []),
      ],
    },
  ];
}

function isApart({ verdict }: MetricComparison): boolean {
  return verdict === 'differ' || verdict === 'undecided';
}

function groups({ metrics }: RunComparison): readonly (readonly [string, readonly MetricComparison[]])[] {
  return [...new Set(metrics.map(({ group }) => group))].map((group) => [
    group,
    metrics.filter((metric) => metric.group === group),
  ]);
}

function table(title: string, metrics: readonly MetricComparison[], { sides }: RunComparison): Table {
  return {
    kind: 'table',
    title,
    head: ['Figure', ...sides, 'Difference', 'Ratio', 'p', 'Verdict'],
    rows: metrics.map((metric) => [
      metric.name,
      sideMedian(metric, 'a'),
      sideMedian(metric, 'b'),
      difference(metric),
      ratio(metric),
      probability(metric),
      [metric.verdict, ...metric.notes].join('; '),
    ]),
  };
}
