import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analyseCapture, type DirectionTotals } from '../../../../measure/analyse/captures/capture-analysis';
import { ethernet, ipv4Tcp, pcap } from '../../fixtures/pcap-writer';

const directory = mkdtempSync(join(tmpdir(), 'tcp-probes-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A packet to the server at sequence number `at` with `bytes` of payload, or the server's acknowledgement of `ack`. */
type Step =
  | { readonly at: number; readonly bytes?: number; readonly flags?: number; readonly ms?: number }
  | { readonly ack: number; readonly window?: number; readonly ms?: number };

const forward = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 4000, destinationPort: 80 };
const backward = { from: '10.0.0.2', to: '10.0.0.1', sourcePort: 80, destinationPort: 4000, sequence: 1 };
/** So that numbers wrap on the way. */
const first = 2 ** 32 - 150;

function toServer(steps: readonly Step[]): DirectionTotals {
  const packets = steps.map((step, index) => {
    const segment =
      'ack' in step
        ? { ...backward, acknowledgement: first + step.ack, window: step.window ?? 64240 }
        : { ...forward, sequence: first + step.at, payload: step.bytes ?? 0, flags: step.flags ?? 16 };
    return {
      time: 1_900_000_000_000_000_000n + BigInt(step.ms ?? index * 1000) * 1_000_000n,
      frame: ethernet(ipv4Tcp(segment)),
    };
  });
  const file = join(directory, 'stream.pcap');
  writeFileSync(file, pcap(packets));
  return analyseCapture(file, { address: '10.0.0.2', port: 80 }).toServer;
}
const data = { at: 0, bytes: 200 };

test.each([0, 1])('keep-alives of %i bytes are no retransmissions, and no payload', (bytes) => {
  const alive = [{ at: 199, bytes }, { ack: 200 }];
  expect(toServer([data, { ack: 200 }, ...alive, ...alive, { at: 200, bytes: 50 }])).toMatchObject({
    keepAlives: 2,
    windowProbes: 0,
    retransmissions: 0,
    outOfOrder: 0,
    payloadBytes: 250,
    newPayloadBytes: 250,
  });
});

test('a last byte that is sent again before it was acknowledged is a retransmission, no keep-alive', () => {
  const { keepAlives, retransmissions } = toServer([data, { ack: 199 }, { at: 199, bytes: 1 }]);
  expect({ keepAlives, retransmissions }).toEqual({ keepAlives: 0, retransmissions: 1 });
});

test('probes of a window of zero are no retransmissions, and no payload until a byte is taken in', () => {
  const probe = [
    { at: 200, bytes: 1 },
    { ack: 200, window: 0 },
  ];
  const closed = [data, { ack: 200, window: 0 }, ...probe, ...probe, ...probe];
  const none = { retransmissions: 0, outOfOrder: 0, keepAlives: 0, windowProbes: 3 };
  expect(toServer(closed)).toMatchObject({ ...none, payloadBytes: 200, newPayloadBytes: 200 });
  expect(toServer([...closed, { ack: 200 }, { at: 200, bytes: 50 }])).toMatchObject({
    ...none,
    payloadBytes: 250,
    newPayloadBytes: 250,
  });
  // The byte of the last probe was taken in: by the next segment alone, or by the acknowledgement too.
  for (const acknowledged of [200, 201]) {
    expect(toServer([...closed, { ack: acknowledged }, { at: 201, bytes: 49 }])).toMatchObject({
      ...none,
      payloadBytes: 250,
      newPayloadBytes: 250,
    });
  }
});

test('a probe without a byte, before what was acknowledged, is one too', () => {
  const steps = [data, { ack: 200, window: 0 }, { at: 199 }, { ack: 200, window: 0 }, { at: 199 }];
  expect(toServer(steps)).toMatchObject({ windowProbes: 2, keepAlives: 0, retransmissions: 0 });
});

test('data that an empty ACK with a later number overtook is reordering if it comes at once, else sent again', () => {
  const late = (ms: number) =>
    toServer([
      { at: 0, bytes: 100, ms: 0 },
      { at: 200, ms: 10 },
      { at: 100, bytes: 100, ms },
    ]);
  expect(late(11)).toMatchObject({ outOfOrder: 1, retransmissions: 0, newPayloadBytes: 200 });
  expect(late(300)).toMatchObject({ outOfOrder: 0, retransmissions: 1, newPayloadBytes: 200 });
});

const fin = 1 | 16;
test('a FIN that is sent again is a retransmission, also where the first was lost before the capture', () => {
  const again = { at: 200, flags: fin };
  expect(toServer([data, again, again])).toMatchObject({ retransmissions: 1, payloadBytes: 200 });
  expect(toServer([data, { at: 201 }, again])).toMatchObject({ retransmissions: 1, payloadBytes: 200 });
  expect(
    toServer([
      { ...data, flags: fin },
      { ...data, flags: fin },
    ]),
  ).toMatchObject({ retransmissions: 1 });
});

test('bytes from before the capture’s first packet are new when they come, and were sent before it or again', () => {
  const early = (ms: number) =>
    toServer([
      { at: 100, bytes: 100, ms: 0 },
      { at: 0, bytes: 100, ms },
      { at: 0, bytes: 100, ms: ms + 1 },
    ]);
  expect(early(1)).toMatchObject({ outOfOrder: 1, retransmissions: 1, newPayloadBytes: 200 });
  expect(early(500)).toMatchObject({ outOfOrder: 0, retransmissions: 2, newPayloadBytes: 200 });
});

test('a hole from long ago does not take in bytes whose numbers have come round again', () => {
  const gibibyte = 2 ** 30;
  const steps = [0, 1, 2, 3].map((round) => ({ at: round * gibibyte, bytes: 100 }));
  expect(toServer([...steps, { at: 4 * gibibyte + 50, bytes: 100 }])).toMatchObject({
    newPayloadBytes: 500,
    retransmissions: 0,
  });
});
