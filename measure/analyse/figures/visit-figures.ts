import { guestCpuPercent, nodeCpuPercent, pressurePercent } from '../resources/counters';
import type { VisitResult } from '../resources/visit';
import { type Figure, ofFile, type PartRow } from './figure';
import type { GuestReading, Reading } from './reading';
import { terminalFigures } from './terminal-figures';
import { energy, guestMemory, guestTicks, memory, ticks } from './visit-rules';

const load = (index: 0 | 1 | 2, minutes: number): PartRow<Reading> => ({
  metric: `load average ${minutes} min`,
  value: ({ sample }) => sample.loadAverage[index],
});
const pressure = (of: 'cpu' | 'memory' | 'io'): PartRow<Reading> => ({
  metric: `pressure ${of}`,
  value: ({ before, sample }) => (before ? (pressurePercent(before, sample)?.[of] ?? null) : null),
});

/** Of the node; the rows are of single samples. */
export const nodeFigures: readonly Figure<VisitResult, Reading>[] = [
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
    rows: [
      {
        metric: 'node cpu',
        value: ({ before, sample, constants }) => (before ? nodeCpuPercent(before, sample, constants) : null),
      },
    ],
    resolution: 'tick',
    rule: ofFile('time less idle time, of the time from the first sample to the last', ...ticks),
  },
  {
    key: 'packageWatts',
    sample: 'power of the CPU packages',
    value: (visit) => visit.packageWatts,
    label: 'power of the CPU packages',
    unit: 'W',
    rule: ofFile(
      'energy of all CPU packages by the time from the first sample to the last (RAPL)',
      energy,
      'samples[].time',
    ),
  },
  {
    key: 'memoryUsedBytes',
    value: (visit) => visit.memoryUsedBytes,
    label: 'memory used',
    unit: 'B',
    rows: [
      {
        metric: 'memory used',
        value: ({ sample }) => sample.memoryTotalBytes - sample.memoryAvailableBytes,
      },
    ],
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
    rows: [load(0, 1), load(1, 5), load(2, 15)],
    rule: ofFile('median over the samples', 'samples[].loadAverage'),
  },
  {
    key: 'rootUsedBytes',
    value: (visit) => visit.rootUsedBytes,
    label: 'root disk used',
    unit: 'B',
    rows: [{ metric: 'root disk used', value: ({ sample }) => sample.rootUsedBytes }],
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
    rows: [{ metric: 'memory shared by KSM', value: ({ sample }) => sample.ksmSharedBytes }],
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
    rows: [pressure('cpu'), pressure('memory'), pressure('io')],
    rule: ofFile(
      'stall time by time, from the first sample to the last',
      'samples[].pressureMicroseconds',
      'samples[].time',
    ),
  },
  {
    key: 'guestsCpuPercent',
    value: (visit) => visit.guestsCpuPercent,
    label: 'CPU of the guests',
    unit: '%',
    resolution: 'tick',
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
    resolution: 'tick',
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
    repetition: 'power change',
    label: 'time of the task',
    unit: 's',
    rule: ofFile('as recorded', 'changes[].taskSeconds'),
  },
  {
    key: 'changes readySeconds',
    repetition: 'power change',
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
  ...terminalFigures,
];

/** Of each guest; the rows are of single samples. */
export const guestFigures: readonly Figure<VisitResult, GuestReading>[] = [
  {
    key: 'guests packageWatts',
    label: 'power, by CPU time',
    unit: 'W',
    rule: ofFile(
      'power of the CPU packages by the guest’s share of all CPU time that was not idle',
      energy,
      ...guestTicks,
      ...ticks,
    ),
  },
  {
    key: 'guests residentBytes',
    label: 'resident memory',
    unit: 'B',
    rows: [{ metric: 'resident memory', value: ({ guest }) => guest.residentBytes }],
    rule: ofFile('median over the samples with the guest’s process', guestMemory),
  },
  {
    key: 'guests cpuPercent',
    label: 'CPU, of one CPU',
    unit: '%',
    rows: [
      {
        metric: 'guest cpu',
        value: ({ before, sample, guest, constants }) =>
          before ? guestCpuPercent(before, sample, guest.vmid, constants.ticksPerSecond) : null,
      },
    ],
    rule: ofFile(
      'CPU time of the guest’s process by time, from its first sample to its last; 100 = one CPU',
      ...guestTicks,
    ),
  },
];

/** Of a visit; those with a value are also a level's, over its visits. */
export const visitFigures: readonly Figure<VisitResult, never>[] = [...nodeFigures, ...guestFigures];
