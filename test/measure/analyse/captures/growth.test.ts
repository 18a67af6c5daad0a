import { FlowTable } from '../../../../measure/analyse/captures/flow-table';
import { FrameDecoder } from '../../../../measure/analyse/packets/frame-decoder';
import { seededRandom } from '../../../../measure/run/random';
import { bothWays, captureDirectory, report, type Stamped, udp } from '../../fixtures/two-ends';

const { save } = captureDirectory();
const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** CPU time, so that other programs of the machine are not in it; the best of some, for the same reason. */
function cost(run: () => void): number {
  const once = (): number => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  return Math.min(once(), once(), once());
}

/** Four times as much of a kind costs about four times as much; 16 times would be a square. */
describe.each([
  [
    'sessions of one server',
    (count: number): Stamped[] =>
      range(count).map((index) => [
        index / 10,
        udp({
          from: `10.0.0.${1 + (index >> 14)}`,
          to: '10.9.0.1',
          sourcePort: 10_000 + (index & 16_383),
          destinationPort: 53,
          payload: Buffer.alloc(12),
          ipId: index & 65_535,
        }),
      ]),
  ],
  [
    'packets that are all alike and lost for the most part',
    (count: number): Stamped[] =>
      range(count * 4).map((index) => [
        index / 100,
        udp({
          from: '10.0.0.1',
          to: '10.0.0.2',
          sourcePort: 3000,
          destinationPort: 2000,
          payload: Buffer.alloc(4),
        }),
      ]),
  ],
])('two captures of %s', (name, make) => {
  test('cost a time that grows as their number, not as its square', () => {
    const [few, many] = [1500, 6000].map((count) => {
      const sent = make(count);
      const [client, server] = [
        save(sent),
        save(sent.filter((_, index) => !name.includes('lost') || index % 4 === 0)),
      ];
      return { sent, client, server };
    });
    if (few === undefined || many === undefined) throw new Error('no captures');
    const times = [few, many].map(({ client, server }) =>
      cost(() => report(client, server, { shared: true })),
    );
    expect((times[1] ?? 0) / (times[0] ?? 1)).toBeLessThan(9);
    const found = report(many.client, many.server, { shared: true });
    expect(bothWays(found)[0].sent * found.sessions.length).toBe(many.sent.length);
  });
});

test.each([
  ['each with the one of the same number in another network', (index: number) => [index, (1 << 16) | index]],
  ['each with each', (index: number) => [index % 150, 256 + Math.floor(index / 150)]],
])('the flows of hosts that talk %s are found as fast as those of any', (_, hosts) => {
  const fill = (pair: (index: number) => readonly number[]) => (): void => {
    const table = new FlowTable();
    const frame = new FrameDecoder();
    for (let index = 0; index < 20_000; index++) {
      const [from = 0, to = 0] = pair(index);
      frame.source3 = 0x0a000000 + from;
      frame.destination3 = 0x0a000000 + to;
      frame.sourcePort = frame.destinationPort = 2000;
      table.lookUp(frame);
    }
    expect(table.flows).toHaveLength(20_000);
  };
  const random = seededRandom(3);
  const any = Array.from({ length: 20_000 }, () => [2 ** 24 * random(), 2 ** 24 * random()].map(Math.floor));
  expect(cost(fill(hosts)) / cost(fill((index) => any[index] ?? []))).toBeLessThan(5);
});
