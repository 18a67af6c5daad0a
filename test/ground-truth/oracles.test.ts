import { execFileSync } from 'node:child_process';
import { quantile } from 'simple-statistics';
import { type CaptureReport, reportCaptures } from '../../measure/analyse/captures/capture-report';
import { PacketFilter } from '../../measure/analyse/packets/packet-filter';
import { known, onlySession, type Recording, record, report } from './network';

const tool = (name: string, ...args: string[]): string =>
  execFileSync(name, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 });

function tshark(file: string, filter: string, ...fields: string[]): string[][] {
  const output = tool(
    'tshark',
    '-r',
    file,
    '-Y',
    filter,
    '-T',
    'fields',
    ...fields.flatMap((field) => ['-e', field]),
  );
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t'));
}

/** A row of tcptrace's long output, [to server, to client]. tcptrace reads classic pcap alone. */
function tcptrace(file: string, row: string): readonly (number | undefined)[] {
  tool('editcap', '-F', 'pcap', file, `${file}.pcap`);
  const found = new RegExp(`${row}: +(\\d+).*?${row}: +(\\d+)`).exec(
    tool('tcptrace', '-lrn', `${file}.pcap`),
  );
  return [Number(found?.[1]), Number(found?.[2])];
}

describe('a download through a router that drops 3 %', () => {
  let recording: Recording;
  let captures: CaptureReport;
  beforeAll(() => {
    recording = record('drop', 30, 'http', 1_000_000);
    captures = report(recording);
  });

  test('packets, bytes and duration are those of capinfos', () => {
    for (const { file, frames, bytes, seconds } of captures.files) {
      const row = tool('capinfos', '-TmQrMS', '-c', '-d', '-u', file).trim().replaceAll('"', '').split(',');
      expect([frames, bytes]).toEqual(row.slice(1, 3).map(Number));
      expect(seconds).toBeCloseTo(Number(row[3]), 6);
    }
  });

  test('the paper’s table is what tshark shows with the display filter that is named', () => {
    const filter = new PacketFilter('10.2.0.2', 80);
    const { displayed, captured } = reportCaptures(recording.client, null, {
      filter,
      sharedClock: false,
    }).paperTable;
    for (const [part, expression] of [
      [displayed, known(filter.expression)],
      [captured, 'frame'],
    ] as const) {
      const rows = tshark(recording.client, expression, 'frame.len', 'frame.time_epoch').map((row) =>
        row.map(Number),
      );
      const bytes = rows.reduce((sum, [length = 0]) => sum + length, 0);
      const times = rows.map(([, time = 0]) => time);
      const seconds = Math.max(...times) - Math.min(...times);
      expect(part).toMatchObject({ packets: rows.length, bytes, averagePacketBytes: bytes / rows.length });
      expect(known(part.seconds)).toBeCloseTo(seconds, 6);
      expect(known(part.bitsPerSecond) / ((8 * bytes) / seconds)).toBeCloseTo(1, 4);
      expect(known(part.packetsPerSecond) / (rows.length / seconds)).toBeCloseTo(1, 4);
    }
  });

  test('packets and bytes of each direction are those of tcptrace, copies left out and not', () => {
    const directions = onlySession(captures);
    expect(directions.map(({ packets }) => packets)).toEqual(tcptrace(recording.client, 'total packets'));
    expect(directions.map(({ payloadBytes }) => payloadBytes)).toEqual(
      tcptrace(recording.client, 'actual data bytes'),
    );
    expect(directions.map(({ newPayloadBytes }) => newPayloadBytes)).toEqual(
      tcptrace(recording.client, 'unique bytes sent'),
    );
  });

  test('what is sent again after a loss is found at the receiver, where tshark calls some of it out of order', () => {
    const [, toClient] = onlySession(captures);
    const again = tshark(
      recording.client,
      'tcp.srcport == 80 and tcp.analysis.retransmission',
      'frame.number',
    ).length;
    const reordered = tshark(
      recording.client,
      'tcp.srcport == 80 and tcp.analysis.out_of_order',
      'frame.number',
    ).length;
    // Two CPUs may let a packet overtake another; together they are all that filled a hole or came twice.
    expect(known(toClient.retransmissions) + known(toClient.outOfOrder)).toBe(again + reordered);
    expect(known(toClient.retransmissions)).toBeGreaterThanOrEqual(again);
  });
});

test('ACK round trips have tshark’s percentiles within 2 %, on a link whose delay is far above the clock’s step', () => {
  const { client, server } = record('rate', 20e6, 'http', 3_000_000);
  const filter = new PacketFilter('10.2.0.2', 80);
  const { sessions } = reportCaptures(server, client, { filter, sharedClock: true });
  const ours = known(sessions[0]?.directions[1]?.ackRoundTrip);
  const theirs = tshark(server, 'tcp.dstport == 80 and tcp.analysis.ack_rtt', 'tcp.analysis.ack_rtt').map(
    Number,
  );
  expect(theirs.length).toBeGreaterThanOrEqual(ours.samples);
  for (const [value, p] of [
    [ours.median, 0.5],
    [ours.p95, 0.95],
  ] as const) {
    expect(Math.abs(value / quantile(theirs, p) - 1)).toBeLessThan(0.02);
  }
});
