import type { SessionResult } from '../sessions/qos';
import { atClient, type Figure, type NamedFigure, ofFile } from './figure';
import {
  directionFigures,
  pageFigures,
  probeFigures,
  shownPageFigures,
  warmUpPageFigures,
} from './session-part-figures';
import { pageTimes, transferRate, transferTimes } from './session-rules';

/** Of a session as a whole. */
export const wholeSessionFigures: readonly Figure<SessionResult>[] = [
  {
    key: 'seconds',
    label: 'session time',
    unit: 's',
    rule: atClient('last packet less first'),
    sample: 'session time',
    value: (session) => session.seconds,
  },
  {
    key: 'total',
    label: 'in all',
    unit: '',
    parts: {
      capturedBytes: { unit: 'B' },
      capturedSeconds: { unit: 's' },
      bytes: { unit: 'B' },
      throughputBitsPerSecond: { unit: 'bit/s' },
    },
    rule: atClient('packets, bytes and rate of both directions together'),
  },
  {
    key: 'ackRoundTrip',
    label: 'round trip to the ACK',
    unit: 's',
    resolution: 'clock',
    rule: atClient('segments to the server, until the ACK that names their end'),
  },
  {
    key: 'pageLoad',
    label: 'page load time',
    unit: 's',
    rule: ofFile('times of the pages that came', ...pageTimes),
  },
  {
    key: 'failedTransfers',
    label: 'failed transfers',
    unit: '',
    rule: ofFile('transfers that failed', 'transfers[].status', 'transfers[].error'),
  },
  {
    key: 'link shape',
    label: 'shape of the link',
    unit: '',
    parts: {
      rateBitsPerSecond: { unit: 'bit/s' },
      delayMs: { unit: 'ms' },
      jitterMs: { unit: 'ms' },
      lossPercent: { unit: '%' },
    },
    rule: ofFile('as lab.yaml had it', 'link.shape'),
  },
  {
    key: 'link dropped',
    label: 'dropped by the link',
    unit: '',
    rule: ofFile('as the link’s own counters told', 'link.dropped'),
  },
  {
    key: 'transferBitsPerSecond',
    label: 'rate of single transfers',
    unit: 'bit/s',
    rule: ofFile(transferRate, ...transferTimes),
  },
  {
    key: 'resolutionSeconds',
    label: 'resolution of the clock',
    unit: 's',
    rule: atClient('step of the time stamps'),
  },
  {
    key: 'nodeCpuPercent',
    label: 'CPU of the node',
    unit: '%',
    rule: ofFile('time less idle time, of the time from before the captures to after', 'nodeCounters'),
  },
  {
    key: 'guestsCpuPercent',
    label: 'CPU of the guests',
    unit: '%',
    rule: ofFile('sum over the guests’ processes, by time and CPUs', 'nodeCounters'),
  },
  {
    key: 'captureCpuPercent',
    label: 'CPU of the captures, of one CPU',
    unit: '%',
    rule: ofFile(
      'CPU time of all captures by the time of the session; 100 = one CPU',
      'captures[].cpuSeconds',
      'startedAt',
      'endedAt',
    ),
  },
  {
    key: 'captures cpuSeconds',
    label: 'CPU time of the capture',
    unit: 's',
    rule: ofFile('as recorded', 'captures[].cpuSeconds'),
  },
  {
    key: 'captures captured',
    label: 'packets captured',
    unit: '',
    rule: ofFile('as the capture counted', 'captures[].captured'),
  },
  {
    key: 'captures droppedByKernel',
    label: 'packets dropped by the kernel',
    unit: '',
    rule: ofFile('as the kernel counted', 'captures[].droppedByKernel'),
  },
];

/** Of one session, with all that it has several of. */
export const sessionFigures: readonly NamedFigure[] = [
  ...wholeSessionFigures,
  ...directionFigures,
  ...probeFigures,
  ...pageFigures,
  ...shownPageFigures,
  ...warmUpPageFigures,
];
