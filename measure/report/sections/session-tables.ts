import type { Summary } from '../../analyse/summary';
import type { Table } from '../document/document';
import { labelled, missing, number, quantity } from '../document/format';

/** The sessions one by one. */
export function sessionTable(summary: Summary): Table {
  return {
    kind: 'table',
    title: labelled('Sessions in the order made', summary.label),
    head: [
      'raw/qos/',
      'Clients',
      'Time',
      'Packets',
      'Throughput',
      'Loss to server / to client',
      'Node’s CPU',
      'of it guests',
      'Failed transfers',
      'Remarks',
    ],
    rows: summary.sessions.map((session) => [
      sessionName(session),
      String(new Set(session.pages.map(({ client }) => client)).size),
      quantity(session.seconds, 's'),
      session.total === null ? missing : number(session.total.packets, 9),
      quantity(kilobits(session.total?.throughputBitsPerSecond), 'kbit/s'),
      session.directions
        .map(({ loss }) => (loss?.percent == null ? 'unknown' : quantity(loss.percent, '%')))
        .join(' / ') || missing,
      quantity(session.nodeCpuPercent, '%'),
      quantity(session.guestsCpuPercent, '%'),
      String(session.failedTransfers),
      [...session.notes, session.fault ?? ''].filter(Boolean).join('; ') || '—',
    ]),
    detail: true,
  };
}

function sessionName({ session, guest }: Summary['sessions'][number]): string {
  return `${String(session).padStart(3, '0')}-${guest}`;
}

/** What was captured where, so that every count can be repeated with other tools. */
export function captureTable(summary: Summary): Table {
  const state = (offloads: Readonly<Record<string, boolean>> | null): string => {
    if (offloads === null) return 'not known';
    const on = Object.keys(offloads).filter((name) => offloads[name]);
    const off = Object.keys(offloads).filter((name) => !offloads[name]);
    return [
      ...(on.length > 0 ? [`${on.join(', ')} on`] : []),
      ...(off.length > 0 ? [`${off.join(', ')} off`] : []),
    ].join('; ');
  };
  return {
    kind: 'table',
    title: labelled('Captures', summary.label),
    head: [
      'raw/qos/',
      'Interface',
      'Packets',
      'Dropped by the kernel',
      'Segmentation offloads',
      'In the guest',
      'SHA-256',
    ],
    rows: summary.sessions.flatMap((session) =>
      session.captures.map((capture) => [
        `${sessionName(session)}/${capture.file}`,
        capture.interface,
        capture.captured === null ? 'not reported' : number(capture.captured, 9),
        capture.droppedByKernel === null ? 'not reported' : number(capture.droppedByKernel, 9),
        state(capture.offloads),
        state(session.guestOffloads),
        `${capture.sha256.slice(0, 16)}…`,
      ]),
    ),
    detail: true,
  };
}

function kilobits(rate: number | null | undefined): number | null {
  return rate === null || rate === undefined ? null : rate / 1000;
}
