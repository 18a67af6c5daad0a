import { type NamedFigure, ofFile } from './figure';
import { memory, ticks } from './visit-rules';

/** What a terminal of the node showed after the last sample, less each of the others. */
const ofTerminal = (
  quantity: string,
  unit: NamedFigure['unit'],
  field: string,
  sampled: readonly string[],
): NamedFigure[] => [
  {
    key: `${quantity}, terminal less sampler`,
    label: 'terminal less sampler',
    unit,
    rule: ofFile(`${quantity} of the terminal less that of the last sample`, `terminal.${field}`, ...sampled),
  },
  {
    key: `${quantity}, terminal less API`,
    label: 'terminal less API',
    unit,
    rule: ofFile(
      `${quantity} of the terminal less that of the API's last poll`,
      `terminal.${field}`,
      `apiSamples[].${field}`,
    ),
  },
];

const sources = 'of the sampler less that of the API';
/** Sampler less API, by the quantity. */
export const agreementFigures: readonly NamedFigure[] = [
  {
    key: 'CPU',
    label: 'sampler less API',
    unit: '%',
    rule: ofFile(`CPU ${sources}`, ...ticks, 'apiSamples[].cpuFraction'),
  },
  {
    key: 'memory used',
    label: 'sampler less API',
    unit: 'B',
    rule: ofFile(`memory used ${sources}`, ...memory, 'apiSamples[].memoryUsedBytes'),
  },
  {
    key: 'load average 1 min',
    label: 'sampler less API',
    unit: '',
    rule: ofFile(`load average ${sources}`, 'samples[].loadAverage[0]', 'apiSamples[].loadAverage[0]'),
  },
  {
    key: 'root disk used',
    label: 'sampler less API',
    unit: 'B',
    rule: ofFile(`disk used ${sources}`, 'samples[].rootUsedBytes', 'apiSamples[].rootUsedBytes'),
  },
  ...ofTerminal('memory used', 'B', 'memoryUsedBytes', memory),
  ...ofTerminal('load average 1 min', '', 'loadAverage[0]', ['samples[].loadAverage[0]']),
  ...ofTerminal('root disk used', 'B', 'rootUsedBytes', ['samples[].rootUsedBytes']),
];

const within = 'of the higher level less that of the lower, in one block';
/** What the step from one level to the next adds, over the blocks. */
export const incrementFigures: readonly NamedFigure[] = [
  {
    key: 'memoryUsedBytes',
    label: 'memory used',
    unit: 'B',
    rule: ofFile(`memory used ${within}`, ...memory),
  },
  { key: 'cpuPercent', label: 'CPU of all', unit: '%', rule: ofFile(`CPU ${within}`, ...ticks) },
];

/** Throws RangeError for a quantity that is compared and not declared. */
export function agreementFigure(quantity: string): NamedFigure {
  const figure = agreementFigures.find(({ key }) => key === quantity);
  if (!figure) throw new RangeError(`the catalogue of figures has no agreement of ${quantity}`);
  return figure;
}
