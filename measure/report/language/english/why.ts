/** What a figure is made of. */
export const why = {
  question: 'Why should I believe this?',
  ofChart: 'Each figure of this chart, not rounded. What one is made of opens from its name.',
  statistic: {
    median: 'median of the observations below',
    sum: 'sum of the observations below',
    largest: 'largest of the observations below',
    smallest: 'smallest of the observations below',
    'the only one': 'the only observation',
    'the first that has one': 'the first observation that has one',
  },
  interval: (low: string, high: string, coverage: string) =>
    `[${low}, ${high}] holds the true median in ${coverage} of cases`,
  each: 'Each observation',
  fields: 'Made of the fields',
  command: 'The same with the SHA-256 of each file:',
};
