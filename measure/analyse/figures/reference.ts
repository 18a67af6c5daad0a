import { allFigures, type Catalogue, repetitions } from './catalogue';
import type { Figure, NamedFigure } from './figure';
import { resolutions } from './resolution';

type Group = readonly [kind: keyof Catalogue, title: string, text: string];

const SCENARIOS: readonly (readonly [title: string, groups: readonly Group[]])[] = [
  [
    'Scenario 1: resources',
    [
      ['visits', 'Of a level and its visits', 'A level has the median over its visits.'],
      ['increments', 'Of a step between levels', 'In a block each level is visited once.'],
      ['agreement', 'Of the two sources', 'The sampler over SSH and the API, compared.'],
    ],
  ],
  [
    'Scenario 2: quality of service',
    [
      [
        'applications',
        'Of an application',
        'An application has the median over its sessions, or what is said.',
      ],
      ['sessions', 'Of a session', 'The session is the repetition itself.'],
    ],
  ],
  ['Load', [['load', 'Of a ladder and its steps', 'An application has the medians over its ladders.']]],
  ['Benchmarks', [['benchmarks', 'Of a guest and its trials', 'A guest has the median over its trials.']]],
];

/** docs/reference/figures.md: every figure of the catalogue. */
export function figureReference(catalogue: Catalogue = allFigures): string {
  const sections = SCENARIOS.flatMap(([scenario, groups]) => [
    `## ${scenario}`,
    ...groups.flatMap(([kind, title, text]) => [
      `### ${title}`,
      text,
      [
        '| figure | key | unit | repetition | how it comes about | raw fields | captures | resolution |',
        '| --- | --- | --- | --- | --- | --- | --- | --- |',
        ...catalogue[kind].map((figure) => row(figure, kind)),
      ].join('\n'),
    ]),
  ]);
  return `${[HEAD, ...sections].join('\n\n')}\n`;
}

const HEAD = `# Figures

Every figure that the lab gives, as it is declared in \`measure/analyse/figures/\`. Reports,
\`samples.csv\`, \`npm run compare\` and \`npm run trace\` take name, unit and rule from there. The
key is the figure's place in \`summary.json\`. What the raw fields mean is in [raw data](raw-data.md).
A median below the resolution is said to be so, in reports and in comparisons.

This page is made from the catalogue: \`UPDATE_DOCS=1 npx jest --testPathPatterns reference\`.`;

function row(figure: NamedFigure | Figure, kind: keyof Catalogue): string {
  const { key, label, unit, rule, resolution } = figure;
  const statistic =
    'statistic' in figure && figure.statistic !== undefined ? `; the ${figure.statistic}` : '';
  const cells = [
    label,
    code(key),
    unit || none,
    figure.repetition ?? repetitions[kind],
    `${rule.how}${statistic}`,
    rule.fields.map(code).join(', '),
    rule.captures.map(code).join(', ') || none,
    resolution === undefined ? none : resolutions[resolution],
  ];
  return `| ${cells.join(' | ')} |`;
}

const none = '–';
const code = (text: string): string => `\`${text}\``;
