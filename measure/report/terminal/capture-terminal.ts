import Table from 'cli-table3';
import pc from 'picocolors';
import type { CaptureReport, DirectionReport, SessionReport } from '../../analyse/captures/capture-report';
import type { PacketSummary } from '../../analyse/sessions/paper-table';
import type { Spread } from '../../analyse/statistics/spread';
import { fixed, milliseconds, quantity } from '../document/format';

/** Sessions shown in a terminal; the JSON has all. */
const sessionsShown = 20;
const unknown = 'unknown';
const known = (value: number | null, unit: string): string =>
  value === null ? unknown : quantity(value, unit);
const rate = (value: number | null): string =>
  value === null ? unknown : value >= 1e6 ? quantity(value / 1e6, 'Mbit/s') : quantity(value / 1e3, 'kbit/s');
const time = (value: number | null | undefined): string =>
  value === null || value === undefined ? unknown : milliseconds(value * 1000);
const median = (values: Spread | null): string => time(values?.median);

/** Tables for a terminal. `colour` false (NO_COLOR, a pipe) gives plain text. */
export function renderCaptures(report: CaptureReport, colour: boolean = pc.isColorSupported): string {
  const style = colour ? { head: ['bold'] } : { head: [], border: [] };
  const warn = pc.createColors(colour).yellow;
  const { captured, displayed } = report.paperTable;
  const summary = new Table({ head: ['', 'Captured', 'Displayed'], style });
  const rows: [string, (part: PacketSummary) => string][] = [
    ['Packets', (part) => fixed(part.packets, 0)],
    ['Time span', (part) => (part.seconds === null ? unknown : fixed(part.seconds, 3, 's'))],
    ['Average packets/s', (part) => known(part.packetsPerSecond, '')],
    ['Average packet size', (part) => known(part.averagePacketBytes, 'B')],
    ['Bytes', (part) => fixed(part.bytes, 0)],
    ['Average bytes/s', (part) => known(part.bytesPerSecond, '')],
    ['Average bits/s', (part) => known(part.bitsPerSecond, '')],
  ];
  for (const [name, cell] of rows) summary.push([name, cell(captured), cell(displayed)]);

  const largest = [...report.sessions].sort((a, b) => wireBytes(b) - wireBytes(a)).slice(0, sessionsShown);
  const oneEnd = new Table({
    head: [
      'Session',
      '',
      'Packets',
      'Bytes',
      'Payload',
      'Time',
      'Throughput',
      'Goodput',
      'Again',
      'Reordered',
      'ACK RTT',
      'Gap',
    ],
    style,
  });
  const bothEnds = new Table({
    head: [
      'Session',
      '',
      'Sent',
      'Received',
      'Left out',
      'Lost',
      'Ambiguous',
      'Delay',
      'Jitter',
      'IPDV',
      'PDV, 99.9 %',
    ],
    style,
  });
  const reasons = new Set<string>();
  const caveats = new Set<string>();
  for (const session of largest) {
    for (const [index, direction] of session.directions.entries()) {
      const name = index === 0 ? sessionName(session) : '';
      oneEnd.push([name, direction.direction, ...oneEndCells(direction)]);
      const { twoEnded } = direction;
      if (twoEnded === null) continue;
      bothEnds.push([name, direction.direction, ...bothEndsCells(twoEnded)]);
      for (const reason of [twoEnded.unknownBecause, twoEnded.delayUnknownBecause]) {
        if (reason !== null) reasons.add(reason);
      }
      if (twoEnded.lossCaveat !== null) caveats.add(twoEnded.lossCaveat);
    }
  }
  const rest = report.sessions.length - largest.length;
  const { files } = report;
  return [
    ...files.map(
      ({ file, frames, otherFrames }) =>
        `${file}: ${fixed(frames, 0)} frames, ${fixed(otherFrames, 0)} of them not shown`,
    ),
    ...files.flatMap(({ inside, notRead }) => [
      ...kinds('Read inside', inside),
      ...kinds('Neither TCP nor UDP, or not read', notRead),
    ]),
    `Displayed: ${report.filter ?? 'everything (--address and --port show less)'}`,
    summary.toString(),
    report.sessions.length === 0 ? 'There is no TCP or UDP session to show.' : oneEnd.toString(),
    ...(rest > 0 ? [`${fixed(rest, 0)} smaller sessions are left out here; --json has all.`] : []),
    ...(files.length === 2 && largest.length > 0
      ? [
          bothEnds.toString(),
          'Delays, gaps, jitter and IPDV are medians, jitter is the mean of RFC 3550’s estimate.',
        ]
      : []),
    ...[...reasons].map((reason) => warn(`Unknown: ${reason}`)),
    ...[...caveats].map((caveat) => warn(`Lost: ${caveat}`)),
    ...report.notes.map((note) => warn(note)),
  ].join('\n');
}

function kinds(
  title: string,
  found: readonly { readonly kind: string; readonly frames: number }[],
): string[] {
  if (found.length === 0) return [];
  return [`  ${title}: ${found.map(({ kind, frames }) => `${fixed(frames, 0)} ${kind}`).join(', ')}`];
}

function wireBytes(session: SessionReport): number {
  return session.directions.reduce((sum, direction) => sum + direction.wireBytes, 0);
}

function sessionName({ protocol, client, server }: SessionReport): string {
  const at = ({ address, port }: SessionReport['client']): string =>
    address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  return `${protocol} ${at(client)} → ${at(server)}`;
}

function oneEndCells(direction: DirectionReport): string[] {
  return [
    fixed(direction.packets, 0),
    fixed(direction.wireBytes, 0),
    fixed(direction.payloadBytes, 0),
    direction.seconds === null ? unknown : fixed(direction.seconds, 3, 's'),
    rate(direction.throughputBitsPerSecond),
    rate(direction.goodputBitsPerSecond),
    direction.retransmissions === null ? '–' : fixed(direction.retransmissions, 0),
    direction.outOfOrder === null ? '–' : fixed(direction.outOfOrder, 0),
    direction.ackRoundTrip === null ? '–' : median(direction.ackRoundTrip),
    direction.gap === null ? '–' : median(direction.gap),
  ];
}

function bothEndsCells(both: NonNullable<DirectionReport['twoEnded']>): string[] {
  const { sentBefore, sentAfter } = both.leftOut;
  return [
    fixed(both.sent, 0),
    fixed(both.received, 0),
    fixed(sentBefore + sentAfter, 0),
    both.lost === null || both.lossPercent === null
      ? unknown
      : `${fixed(both.lost, 0)} (${quantity(both.lossPercent, '%')})`,
    fixed(both.ambiguous, 0),
    median(both.oneWayDelay),
    time(both.jitter?.mean),
    median(both.ipdv),
    time(both.pdv?.p999),
  ];
}
