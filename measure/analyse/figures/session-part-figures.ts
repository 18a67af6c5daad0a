import type { DirectionResult } from '../sessions/direction';
import type { PageLoad, ShownPage } from '../sessions/page-load';
import { atBothEnds, atClient, type Figure, ofFile } from './figure';
import {
  drops,
  firstByteTimes,
  lossHow,
  pageTimes,
  payloadRate,
  shown,
  warmUpTimes,
  wireRate,
} from './session-rules';

/** Figures of what a session has several of: directions, probes, pages. */

export const directionFigures: readonly Figure<DirectionResult>[] = [
  {
    key: 'directions packets',
    label: 'packets',
    unit: '',
    rule: atClient('packets of the direction'),
    rows: [{ metric: 'packets', value: ({ packets }) => packets }],
  },
  {
    key: 'directions wireBytes',
    label: 'bytes on the wire',
    unit: 'B',
    rule: atClient('bytes of frames of the direction'),
    rows: [{ metric: 'bytes on the wire', value: ({ wireBytes }) => wireBytes }],
  },
  {
    key: 'directions payloadBytes',
    label: 'payload',
    unit: 'B',
    rule: atClient('bytes of payload, each once'),
    rows: [{ metric: 'payload', value: ({ payloadBytes }) => payloadBytes }],
  },
  {
    key: 'directions throughputBitsPerSecond',
    label: 'throughput',
    unit: 'bit/s',
    rule: atClient(`${wireRate}, one direction`),
    rows: [{ metric: 'throughput', value: (direction) => direction.throughputBitsPerSecond }],
  },
  {
    key: 'directions goodputBitsPerSecond',
    label: 'goodput',
    unit: 'bit/s',
    rule: atClient(payloadRate),
    rows: [{ metric: 'goodput', value: (direction) => direction.goodputBitsPerSecond }],
  },
  {
    key: 'directions loss',
    label: 'loss',
    unit: '',
    parts: { percent: { unit: '%' } },
    rule: atBothEnds(lossHow, ...drops),
    rows: [{ metric: 'loss', unit: '%', value: ({ loss }) => loss?.percent ?? null }],
  },
  {
    key: 'directions retransmissionPercent',
    label: 'retransmissions',
    unit: '%',
    rule: atClient('segments sent again of all packets'),
    rows: [{ metric: 'retransmissions', value: (direction) => direction.retransmissionPercent }],
  },
  {
    key: 'directions outOfOrderPackets',
    label: 'out of order packets',
    unit: '',
    rule: atClient('packets that fill a hole and were not sent again'),
  },
  {
    key: 'directions oneWayDelay',
    label: 'one-way delay',
    unit: 's',
    resolution: 'clock',
    rule: atBothEnds('times from one capture to the other'),
    rows: [{ metric: 'one-way delay, median', value: ({ oneWayDelay }) => oneWayDelay?.median ?? null }],
  },
  {
    key: 'directions delayVariation',
    label: 'delay variation',
    unit: 's',
    resolution: 'clock',
    rule: atBothEnds('differences of neighbouring packets’ delays (RFC 3393)'),
  },
  {
    key: 'directions jitterSeconds',
    label: 'jitter (RFC 3550)',
    unit: 's',
    resolution: 'clock',
    rule: atBothEnds('RFC 3550’s estimate after each packet'),
    rows: [
      { metric: 'jitter (RFC 3550), mean', value: ({ jitterSeconds }) => jitterSeconds?.mean ?? null },
      { metric: 'jitter (RFC 3550), peak', value: ({ jitterSeconds }) => jitterSeconds?.peak ?? null },
    ],
  },
  {
    key: 'directions gap',
    label: 'inter-arrival gap',
    unit: 's',
    resolution: 'clock',
    rule: atClient('times between neighbouring packets'),
    rows: [{ metric: 'inter-arrival gap, median', value: ({ gap }) => gap?.median ?? null }],
  },
];

/** Of the probes of a session; the rows are of single ones. */
export const probeFigures: readonly Figure<number | null>[] = [
  {
    key: 'probe',
    label: 'probe',
    unit: '',
    parts: { roundTrip: { unit: 's' } },
    rule: ofFile('the probes, and those without an answer', 'probe.roundTripSeconds'),
    rows: [{ metric: 'probe round trip', unit: 's', value: (seconds) => seconds }],
  },
];

export const pageFigures: readonly Figure<PageLoad>[] = [
  {
    key: 'pages loadSeconds',
    label: 'page load time',
    unit: 's',
    rule: ofFile('intended start to the end of the last transfer', ...pageTimes),
    rows: [{ metric: 'page load time', value: ({ loadSeconds }) => loadSeconds }],
  },
  {
    key: 'pages firstByteSeconds',
    label: 'time to first byte',
    unit: 's',
    rule: ofFile('intended start to first byte of the page', ...firstByteTimes),
    rows: [{ metric: 'time to first byte', value: ({ firstByteSeconds }) => firstByteSeconds }],
  },
  {
    key: 'pages bytes',
    label: 'bytes',
    unit: 'B',
    rule: ofFile('body bytes as received', 'transfers[].bytes'),
  },
  {
    key: 'pages transfers',
    label: 'transfers',
    unit: '',
    rule: ofFile('transfers of the page', 'transfers[].page'),
  },
  {
    key: 'pages failed',
    label: 'failed transfers',
    unit: '',
    rule: ofFile('transfers that failed', 'transfers[].status', 'transfers[].error'),
  },
];

export const shownPageFigures: readonly Figure<ShownPage>[] = [
  {
    key: 'shownPages firstContentfulPaintSeconds',
    label: 'first contentful paint',
    unit: 's',
    rule: shown('intended start to first contentful paint', 'firstContentfulPaintAt'),
    rows: [{ metric: 'first contentful paint', value: (page) => page.firstContentfulPaintSeconds }],
  },
  {
    key: 'shownPages largestContentfulPaintSeconds',
    label: 'largest contentful paint',
    unit: 's',
    rule: shown('intended start to largest contentful paint', 'largestContentfulPaintAt'),
    rows: [{ metric: 'largest contentful paint', value: (page) => page.largestContentfulPaintSeconds }],
  },
  {
    key: 'shownPages domContentLoadedSeconds',
    label: 'DOMContentLoaded',
    unit: 's',
    rule: shown('intended start to DOMContentLoaded', 'domContentLoadedAt'),
    rows: [{ metric: 'DOMContentLoaded', value: (page) => page.domContentLoadedSeconds }],
  },
  {
    key: 'shownPages loadEventSeconds',
    label: 'load event',
    unit: 's',
    rule: shown('intended start to load event', 'loadAt'),
    rows: [{ metric: 'load event', value: (page) => page.loadEventSeconds }],
  },
];

export const warmUpPageFigures: readonly Figure<PageLoad>[] = [
  {
    key: 'warmUpPages loadSeconds',
    label: 'page load time, warm-up',
    unit: 's',
    rule: ofFile('intended start to the end of the last transfer', ...warmUpTimes),
    rows: [{ metric: 'page load time', value: ({ loadSeconds }) => loadSeconds }],
  },
  {
    key: 'warmUpPages firstByteSeconds',
    label: 'time to first byte, warm-up',
    unit: 's',
    rule: ofFile('intended start to first byte', 'warmUp[].intendedAt', 'warmUp[].firstByteAt'),
  },
  {
    key: 'warmUpPages bytes',
    label: 'bytes, warm-up',
    unit: 'B',
    rule: ofFile('body bytes as received', 'warmUp[].bytes'),
  },
  {
    key: 'warmUpPages transfers',
    label: 'transfers, warm-up',
    unit: '',
    rule: ofFile('transfers of the page', 'warmUp[].page'),
  },
  {
    key: 'warmUpPages failed',
    label: 'failed transfers, warm-up',
    unit: '',
    rule: ofFile('transfers that failed', 'warmUp[].status', 'warmUp[].error'),
  },
];
