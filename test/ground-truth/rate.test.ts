import { known, onlySession, record, report } from './network';

/** Ethernet, IPv4 and TCP headers with time stamps: tbf counts all of a frame. */
const fullSegment = { frame: 1514, payload: 1448 };

test.each([
  [1e6, 500_000],
  [10e6, 5_000_000],
  [100e6, 40_000_000],
])(
  'behind a link of %d bit/s, throughput is that rate, and goodput the same less headers, within 2 %%',
  (rate, bytes) => {
    const [, toClient] = onlySession(report(record('rate', rate, 'http', bytes)));
    expect(known(toClient.throughputBitsPerSecond) / rate).toBeGreaterThan(0.98);
    expect(known(toClient.throughputBitsPerSecond) / rate).toBeLessThan(1.02);
    const goodput = (rate * fullSegment.payload) / fullSegment.frame;
    expect(Math.abs(known(toClient.goodputBitsPerSecond) / goodput - 1)).toBeLessThan(0.02);
    expect(toClient.newPayloadBytes).toBeGreaterThan(bytes);
  },
);
