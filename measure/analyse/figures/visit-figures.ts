import type { VisitResult } from '../resources/visit';
import { type Figure, type NamedFigure, ofFile } from './figure';

const ticks = ['samples[].cpuIdleTicks', 'samples[].time', 'cpus', 'ticksPerSecond'];
const memory = ['samples[].memoryTotalBytes', 'samples[].memoryAvailableBytes'];
const guestTicks = ['samples[].guests[].cpuTicks', 'samples[].time', 'ticksPerSecond'];
const guestMemory = 'samples[].guests[].residentBytes';

/** Of a visit; those with a value are also a level's, over its visits. */
export const visitFigures: readonly Figure<VisitResult>[] = [
  {
    key: 'seconds',
    label: 'time sampled',
    unit: 's',
    rule: ofFile('last sample less first', 'samples[].time'),
  },
  { key: 'samples', label: 'samples', unit: '', rule: ofFile('their number', 'samples[]') },
  {
    key: 'cpuPercent',
    value: (visit) => visit.cpuPercent,
    label: 'CPU of all',
    unit: '%',
    rule: ofFile('time less idle time, of the time from the first sample to the last', ...ticks),
  },
  {
    key: 'memoryUsedBytes',
    value: (visit) => visit.memoryUsedBytes,
    label: 'memory used',
    unit: 'B',
    rule: ofFile('median over the samples of total less available', ...memory),
  },
  {
    key: 'memoryPercent',
    value: (visit) => visit.memoryPercent,
    label: 'memory used, share',
    unit: '%',
    rule: ofFile('median memory used by median total', ...memory),
  },
  {
    key: 'loadAverage',
    label: 'load average',
    unit: '',
    parts: {
      0: { label: 'load average, 1 min' },
      1: { label: 'load average, 5 min' },
      2: { label: 'load average, 15 min' },
    },
    rule: ofFile('median over the samples', 'samples[].loadAverage'),
  },
  {
    key: 'rootUsedBytes',
    value: (visit) => visit.rootUsedBytes,
    label: 'root disk used',
    unit: 'B',
    rule: ofFile('median over the samples', 'samples[].rootUsedBytes'),
  },
  {
    key: 'rootPercent',
    value: (visit) => visit.rootPercent,
    label: 'root disk used, share',
    unit: '%',
    rule: ofFile('median disk used by median total', 'samples[].rootUsedBytes', 'samples[].rootTotalBytes'),
  },
  {
    key: 'ksmSharedBytes',
    value: (visit) => visit.ksmSharedBytes,
    label: 'memory shared by KSM',
    unit: 'B',
    rule: ofFile('median over the samples', 'samples[].ksmSharedBytes'),
  },
  {
    key: 'pressurePercent',
    label: 'pressure',
    unit: '%',
    parts: {
      cpu: { label: 'pressure on CPU' },
      memory: { label: 'pressure on memory' },
      io: { label: 'pressure on I/O' },
    },
    rule: ofFile(
      'stall time by time, from the first sample to the last',
      'samples[].pressureMicroseconds',
      'samples[].time',
    ),
  },
  {
    key: 'guests cpuPercent',
    label: 'CPU, of one CPU',
    unit: '%',
    rule: ofFile(
      'CPU time of the guest’s process by time, from its first sample to its last; 100 = one CPU',
      ...guestTicks,
    ),
  },
  {
    key: 'guests residentBytes',
    label: 'resident memory',
    unit: 'B',
    rule: ofFile('median over the samples with the guest’s process', guestMemory),
  },
  {
    key: 'guestsCpuPercent',
    value: (visit) => visit.guestsCpuPercent,
    label: 'CPU of the guests',
    unit: '%',
    rule: ofFile('sum over the running guests, by the number of CPUs', ...guestTicks, 'cpus'),
  },
  {
    key: 'guestsResidentBytes',
    value: (visit) => visit.guestsResidentBytes,
    label: 'resident memory of the guests',
    unit: 'B',
    rule: ofFile('sum over the running guests of their medians', guestMemory),
  },
  {
    key: 'othersCpuPercent',
    value: (visit) => visit.othersCpuPercent,
    label: 'CPU of others',
    unit: '%',
    rule: ofFile('CPU of all less that of the guests', ...new Set([...ticks, ...guestTicks])),
  },
  {
    key: 'othersMemoryBytes',
    value: (visit) => visit.othersMemoryBytes,
    label: 'memory of others',
    unit: 'B',
    rule: ofFile('memory used less the resident memory of the guests, at least 0', ...memory, guestMemory),
  },
  {
    key: 'samplerCpuPercent',
    value: (visit) => visit.samplerCpuPercent,
    label: 'CPU of the sampler',
    unit: '%',
    rule: ofFile(
      'CPU time of the sampler by time, from the first sample to the last; 100 = one CPU',
      'samples[].samplerCpuSeconds',
      'samples[].time',
    ),
  },
  {
    key: 'settledAfterSeconds',
    label: 'time to settle',
    unit: 's',
    rule: ofFile('settled less changed', 'settledAt', 'changedAt'),
  },
  {
    key: 'settlingSamples',
    label: 'settling samples',
    unit: '',
    rule: ofFile('their number', 'settlingSamples[]'),
  },
  {
    key: 'wholeSeconds',
    label: 'time in all',
    unit: 's',
    rule: ofFile(
      'from the first power change, or from the settling where there was none, to the last sample',
      'changes[].startedAt',
      'changedAt',
      'samples[].time',
    ),
  },
  {
    key: 'changes taskSeconds',
    label: 'time of the task',
    unit: 's',
    rule: ofFile('as recorded', 'changes[].taskSeconds'),
  },
  {
    key: 'changes readySeconds',
    label: 'time until the page came',
    unit: 's',
    rule: ofFile('as recorded', 'changes[].readySeconds'),
  },
  {
    key: 'api polls',
    label: 'polls of the API',
    unit: '',
    rule: ofFile('their number, without the first', 'apiSamples[]'),
  },
  {
    key: 'api cpuPercent',
    label: 'CPU of all, by the API',
    unit: '%',
    rule: ofFile('100 × median over the polls but the first', 'apiSamples[].cpuFraction'),
  },
  {
    key: 'api memoryUsedBytes',
    label: 'memory used, by the API',
    unit: 'B',
    rule: ofFile('median over the polls but the first', 'apiSamples[].memoryUsedBytes'),
  },
  {
    key: 'api loadAverage1',
    label: 'load average, 1 min, by the API',
    unit: '',
    rule: ofFile('median over the polls but the first', 'apiSamples[].loadAverage[0]'),
  },
  {
    key: 'api rootUsedBytes',
    label: 'root disk used, by the API',
    unit: 'B',
    rule: ofFile('median over the polls but the first', 'apiSamples[].rootUsedBytes'),
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
