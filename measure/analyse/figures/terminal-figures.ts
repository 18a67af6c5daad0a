import { type NamedFigure, ofFile } from './figure';
import { memory } from './visit-rules';

const sources = [
  ['sampler', 'the last sample'],
  ['api', 'the last poll of the API'],
  ['terminal', 'a terminal of the node'],
] as const;

const quantities = [
  ['memoryUsedBytes', 'memory used', 'B', memory, 'memoryUsedBytes'],
  ['loadAverage1', 'load average, 1 min', '', ['samples[].loadAverage[0]'], 'loadAverage[0]'],
  ['rootUsedBytes', 'root disk used', 'B', ['samples[].rootUsedBytes'], 'rootUsedBytes'],
] as const;

/** One figure by each of the three sources at the end of a visit, and what it costs to look into a terminal. */
export const terminalFigures: readonly NamedFigure[] = [
  {
    key: 'terminal seconds',
    label: 'time to look into a terminal',
    unit: 's',
    rule: ofFile('as recorded, after the last sample', 'terminal.seconds'),
  },
  {
    key: 'terminal cpuSeconds',
    label: 'CPU time of the look into a terminal',
    unit: 's',
    rule: ofFile('as recorded, after the last sample', 'terminal.cpuSeconds'),
  },
  ...quantities.flatMap(([key, label, unit, sampled, field]) =>
    sources.map(([source, words]): NamedFigure => {
      const fields = {
        sampler: sampled,
        api: [`apiSamples[].${field}`],
        terminal: [`terminal.${field}`],
      }[source];
      return {
        key: `terminal ${key} ${source}`,
        label: `${label}, by ${words}`,
        unit,
        rule: ofFile(`as ${words} says`, ...fields),
      };
    }),
  ),
];
