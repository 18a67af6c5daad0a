import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyseCapture, type CaptureAnalysis } from '../../../../measure/analyse/captures/capture-analysis';
import { ethernet, ipv4Tcp, pcap } from '../../fixtures/pcap-writer';

const directory = mkdtempSync(join(tmpdir(), 'tcp-stream-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Data goes to the server; `ack` comes from it. Sequence numbers may wrap. */
interface Step {
  readonly ms: number;
  readonly data?: number;
  readonly ack?: number;
  readonly id?: number;
}

function analyse(steps: readonly Step[], first = 1000): CaptureAnalysis {
  const packets = steps.map(({ ms, data, ack, id }) => ({
    time: 1_900_000_000_000_000_000n + BigInt(Math.round(ms * 1e6)),
    frame: ethernet(
      ipv4Tcp(
        data !== undefined
          ? { ...forward, sequence: first + data, payload: 100, ipId: id ?? 0 }
          : { ...backward, sequence: 1, acknowledgement: first + (ack ?? 0) },
      ),
    ),
  }));
  const file = join(directory, 'stream.pcap');
  writeFileSync(file, pcap(packets, { nanoseconds: true }));
  return analyseCapture(file, { address: '10.0.0.2', port: 80 });
}
const forward = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 4000, destinationPort: 80 };
const backward = { from: '10.0.0.2', to: '10.0.0.1', sourcePort: 80, destinationPort: 4000 };

test('a round trip runs from a segment to the ACK that names its end', () => {
  const { ackRoundTrips } = analyse([
    { ms: 0, data: 0 },
    { ms: 7, ack: 100 },
  ]).toServer;
  expect(ackRoundTrips.count).toBe(1);
  expect(ackRoundTrips.max).toBeCloseTo(0.007, 9);
});

test('segments acknowledged only together with a later one give no round trip', () => {
  const { ackRoundTrips } = analyse([
    { ms: 0, data: 0 },
    { ms: 1, data: 100 },
    { ms: 5, ack: 200 },
  ]).toServer;
  expect(ackRoundTrips.count).toBe(1);
  expect(ackRoundTrips.max).toBeCloseTo(0.004, 9);
});

test('a segment that was sent again gives no round trip (Karn)', () => {
  const { toServer } = analyse([
    { ms: 0, data: 0, id: 1 },
    { ms: 200, data: 0, id: 2 },
    { ms: 201, ack: 100 },
  ]);
  expect(toServer.retransmissions).toBe(1);
  expect(toServer.ackRoundTrips.count).toBe(0);
  expect(toServer.newPayloadBytes).toBe(100);
  expect(toServer.payloadBytes).toBe(200);
});

test('a hole filled by a packet that was sent earlier is reordering', () => {
  const { toServer } = analyse([
    { ms: 0, data: 0, id: 1 },
    { ms: 1, data: 200, id: 3 },
    { ms: 50, data: 100, id: 2 },
  ]);
  expect(toServer).toMatchObject({ outOfOrder: 1, retransmissions: 0, newPayloadBytes: 300 });
});

test('a hole filled by a packet that was sent later is a retransmission, however soon it comes', () => {
  const { toServer } = analyse([
    { ms: 0, data: 0, id: 1 },
    { ms: 1, data: 200, id: 3 },
    { ms: 1.1, data: 100, id: 4 },
  ]);
  expect(toServer).toMatchObject({ outOfOrder: 0, retransmissions: 1 });
});

test('sequence numbers and identifications may wrap', () => {
  const { toServer } = analyse(
    [
      { ms: 0, data: 0, id: 65534 },
      { ms: 1, data: 100, id: 65535 },
      { ms: 2, data: 300, id: 2 },
      { ms: 3, data: 200, id: 1 },
      { ms: 4, ack: 400 },
    ],
    2 ** 32 - 150,
  );
  expect(toServer).toMatchObject({ outOfOrder: 1, retransmissions: 0, newPayloadBytes: 400 });
});

test('payload counts once, at whichever of its copies is seen first', () => {
  const { toServer } = analyse([
    { ms: 0, data: 0, id: 1 },
    { ms: 1, data: 200, id: 3 }, // The one between is lost before the capture,
    { ms: 90, data: 100, id: 4 }, // and comes when it is sent again,
    { ms: 91, data: 250, id: 5 }, // repacked with half that is known and half that is new,
    { ms: 95, data: 0, id: 6 }, // and once more for nothing.
  ]);
  expect(toServer.newPayloadBytes).toBe(350);
  expect(toServer.payloadBytes).toBe(500);
  expect(toServer.retransmissions).toBe(3);
});
