import { execFileSync } from 'node:child_process';
import { quantile } from 'simple-statistics';
import { analyseCapture } from '../../measure/analyse/captures/capture-analysis';
import { matchCaptures } from '../../measure/analyse/captures/match-captures';
import { spanSeconds, unixSeconds } from '../../measure/analyse/captures/time-span';
import { known, type Recording, record } from './network';

/** What the lab's own capturing program writes, analysed as a run's sessions are. */
const server = { address: '10.2.0.2', port: 80 };

function tshark(file: string, filter: string, ...fields: string[]): string[] {
  const output = execFileSync(
    'tshark',
    ['-r', file, '-Y', filter, '-T', 'fields', ...fields.flatMap((field) => ['-e', field])],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 26 },
  );
  return output.split('\n').filter((line) => line !== '');
}

/** A row of tcptrace's long output, both directions of all connections: [to server, to client], summed. */
function tcptrace(file: string, row: string): readonly [number, number] {
  const output = execFileSync('tcptrace', ['-lrn', file], { encoding: 'utf8' });
  const found = [...output.matchAll(new RegExp(`${row}: +(\\d+).*?${row}: +(\\d+)`, 'g'))];
  expect(found.length).toBeGreaterThan(0);
  const sum = (index: number): number => found.reduce((total, match) => total + Number(match[index]), 0);
  return [sum(1), sum(2)];
}

test('where a router drops packets at random, both ends tell exactly how many it dropped, in each direction', () => {
  const files = record('drop', 40, 'http', 600_000, 'capture.py');
  const [droppedToServer, droppedToClient] = files.dropped;
  const matched = matchCaptures(files.client, files.server, server, { sharedClock: true });
  expect(matched.toServer.lost).toBe(droppedToServer);
  expect(matched.toClient.lost).toBe(droppedToClient);
  expect(matched.toServer.lost + matched.toClient.lost).toBeGreaterThan(0);
  expect(matched.toServer.unexplained + matched.toClient.unexplained).toBe(0);
  // Whatever was lost and sent again, the application gets each byte once.
  const atClient = analyseCapture(files.client, server);
  expect([atClient.toServer.newPayloadBytes, atClient.toClient.newPayloadBytes]).toEqual(
    tcptrace(files.client, 'unique bytes sent'),
  );
  expect(matched.toServer.sent).toBe(tshark(files.client, 'tcp.dstport == 80', 'frame.number').length);
  expect(matched.toClient.sent).toBe(tshark(files.server, 'tcp.srcport == 80', 'frame.number').length);
});

describe('where nothing is lost', () => {
  let files: Recording;
  beforeAll(() => {
    files = record('none', 0, 'http', 4_000_000, 'capture.py');
  });

  test('loss is 0, and the delay is that of a few memory copies', () => {
    const { toServer, toClient } = matchCaptures(files.client, files.server, server, { sharedClock: true });
    for (const direction of [toServer, toClient]) {
      expect(direction).toMatchObject({ lost: 0, unexplained: 0 });
      expect(direction.matched).toBe(direction.sent);
      expect(direction.transit.min).toBeGreaterThan(0);
    }
  });

  test('packets, bytes, payload and times are those of tshark', () => {
    const ours = analyseCapture(files.client, server);
    const rows = tshark(files.client, 'tcp', 'frame.len', 'frame.time_epoch', 'tcp.len', 'tcp.srcport').map(
      (line) => line.split('\t').map(Number),
    );
    const toClient = rows.filter(([, , , port]) => port === 80);
    expect(ours.frames).toBe(rows.length);
    expect(ours.frameBytes).toBe(rows.reduce((sum, [length = 0]) => sum + length, 0));
    expect(ours.toClient.packets).toBe(toClient.length);
    expect(ours.toClient.payloadBytes).toBe(toClient.reduce((sum, [, , payload = 0]) => sum + payload, 0));
    expect(unixSeconds(ours.firstAt)).toBeCloseTo(rows[0]?.[1] ?? 0, 6);
    expect(unixSeconds(ours.lastAt)).toBeCloseTo(rows[rows.length - 1]?.[1] ?? 0, 6);
    // On a busy machine packets overtake each other or come again, which tshark tells apart by time alone.
    expect(known(ours.toClient.retransmissions) + known(ours.toClient.outOfOrder)).toBe(
      tshark(
        files.client,
        'tcp.srcport == 80 and (tcp.analysis.retransmission or tcp.analysis.out_of_order)',
        'frame.number',
      ).length,
    );
  });

  test('packets, bytes and duration are those of capinfos', () => {
    for (const file of [files.client, files.server]) {
      const ours = analyseCapture(file, server);
      const row = execFileSync('capinfos', ['-TmQrMS', '-c', '-d', '-u', file], { encoding: 'utf8' });
      const [packets, bytes, seconds] = row.trim().replaceAll('"', '').split(',').slice(1).map(Number);
      expect(ours.frames).toBe(packets);
      expect(ours.frameBytes).toBe(bytes);
      expect(spanSeconds([ours])).toBeCloseTo(seconds ?? 0, 6);
    }
  });

  test('bytes and round trips are those of tcptrace, one by one', () => {
    const { toServer, toClient } = analyseCapture(files.server, server);
    const pair = <T>(pick: (totals: typeof toServer) => T): readonly [T, T] => [
      pick(toServer),
      pick(toClient),
    ];
    expect(pair(({ packets }) => packets)).toEqual(tcptrace(files.server, 'total packets'));
    expect(pair(({ payloadBytes }) => payloadBytes)).toEqual(tcptrace(files.server, 'actual data bytes'));
    expect(pair(({ newPayloadBytes }) => newPayloadBytes)).toEqual(
      tcptrace(files.server, 'unique bytes sent'),
    );
    expect(pair(({ ackRoundTrips }) => ackRoundTrips.count)).toEqual(tcptrace(files.server, 'RTT samples'));
  });

  test('round trips have the percentiles that tshark finds, within 2 %', () => {
    const { ackRoundTrips, retransmissions } = analyseCapture(files.server, server).toClient;
    const theirs = tshark(
      files.server,
      'tcp.dstport == 80 and tcp.analysis.ack_rtt',
      'tcp.analysis.ack_rtt',
    ).map(Number);
    // tshark also takes samples of retransmitted segments, which Karn's rule leaves out: the sender may retransmit
    // without a loss (tail loss probes).
    const leftOut = theirs.length - ackRoundTrips.count;
    expect(leftOut).toBeGreaterThanOrEqual(0);
    expect(leftOut === 0 || retransmissions > 0).toBe(true);
    // So many ranks may lie between the two, and one for the two ways to read a quantile.
    const ranks = (leftOut + 1) / theirs.length;
    for (const p of [0.05, 0.25, 0.5, 0.75, 0.95]) {
      const ours = ackRoundTrips.quantile(p) ?? Number.NaN;
      expect(ours).toBeGreaterThanOrEqual(0.98 * quantile(theirs, Math.max(0, p - ranks)));
      expect(ours).toBeLessThanOrEqual(1.02 * quantile(theirs, Math.min(1, p + ranks)));
    }
  });
});
