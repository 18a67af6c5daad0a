import { allFigures, type Catalogue } from './catalogue';
import type { Figure, NamedFigure } from './figure';

const GROUPS: readonly (readonly [kind: keyof Catalogue, title: string, text: string])[] = [
  ['visits', 'Of a level and its visits', 'Repetition: the visit. A level has the median over its visits.'],
  ['increments', 'Of a step between levels', 'Repetition: the block, in which each level is visited once.'],
  ['agreement', 'Of the two sources', 'Repetition: the visit. The sampler over SSH and the API, compared.'],
  [
    'applications',
    'Of an application',
    'Repetition: the session. An application has the median, or what is said.',
  ],
  ['sessions', 'Of a session', 'The session is the repetition itself.'],
  ['load', 'Of load', 'Repetition: the ladder.'],
];

/** docs/reference/figures.md: every figure of the catalogue. */
export function figureReference(catalogue: Catalogue = allFigures): string {
  const sections = GROUPS.flatMap(([kind, title, text]) => [
    `## ${title}`,
    text,
    [
      '| figure | key | unit | how it comes about | raw fields |',
      '| --- | --- | --- | --- | --- |',
      ...catalogue[kind].map(row),
    ].join('\n'),
  ]);
  return `${[HEAD, ...sections].join('\n\n')}\n`;
}

const HEAD = `# Figures

Every figure that the lab gives, as it is declared in \`measure/analyse/figures/\`. Reports,
\`samples.csv\`, \`npm run compare\` and \`npm run trace\` take name, unit and rule from there. The
key is the figure's place in \`summary.json\`. What the raw fields mean is in [raw data](raw-data.md).

This page is made from the catalogue: \`UPDATE_DOCS=1 npx jest --testPathPatterns reference\`.`;

function row({ key, label, unit, rule, ...figure }: NamedFigure | Figure): string {
  const statistic =
    'statistic' in figure && figure.statistic !== undefined ? `; the ${figure.statistic}` : '';
  const captures = rule.captures.map((file) => `\`${file}\``);
  const fields = [...rule.fields.map((field) => `\`${field}\``), ...captures].join(', ');
  return `| ${label} | \`${key}\` | ${unit === '' ? '–' : unit} | ${rule.how}${statistic} | ${fields} |`;
}
