import { mean } from 'simple-statistics';
import { renderCaptures } from '../../../../measure/report/terminal/capture-terminal';
import { seededRandom } from '../../../../measure/run/random';
import {
  bothWays,
  captureDirectory,
  type Datagram,
  report,
  type Stamped,
  udp,
} from '../../fixtures/two-ends';

const { save } = captureDirectory();
const ends = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 5004, destinationPort: 5002 };
const over6 = { from: '2001:db8::1', to: '2001:db8::2' };
function datagram(index: number, more: Partial<Datagram> = {}): Buffer {
  const payload = Buffer.alloc(12);
  payload.writeUInt32BE(index);
  return udp({ ...ends, payload, ipId: index + 1, ...more });
}
const sent: readonly Stamped[] = Array.from({ length: 60 }, (_, index) => [20 * index, datagram(index)]);
const byTime = (steps: readonly Stamped[]): Stamped[] => [...steps].sort(([a], [b]) => a - b);
const arrived = sent.map(([ms, frame]): Stamped => [ms + 5, frame]);
/** Each packet so many times, as the interfaces that it passes have it. */
const copied = (steps: readonly Stamped[], times: number, apart = 0.05): Stamped[] =>
  steps.flatMap(([ms, frame]) =>
    Array.from({ length: times }, (_, copy): Stamped => [ms + copy * apart, frame]),
  );

describe.each([
  ['one clock', true],
  ['clocks of their own', false],
])('a capture that has each packet more than once, with %s', (_, shared) => {
  test.each([
    ['the receiver’s, twice', sent, copied(arrived, 2)],
    ['the receiver’s, three times', sent, copied(arrived, 3)],
    ['the sender’s, twice', copied(sent, 2), arrived],
    ['both, twice', copied(sent, 2), copied(arrived, 2)],
    ['the receiver’s, for most packets', sent, [...copied(arrived.slice(0, 40), 2), ...arrived.slice(40)]],
  ])('(%s) has an unknown loss for that reason', (_name, atSender, atReceiver) => {
    const found = report(save(atSender), save(atReceiver), { shared });
    const [{ lost, unknownBecause }] = bothWays(found);
    expect(lost).toBeNull();
    expect(unknownBecause).toContain('has most packets twice within a millisecond');
    expect(renderCaptures(found, false)).toContain('has most packets twice');
    expect(found.notes).toContainEqual(expect.stringContaining('they are in all counts'));
    expect(found.notes).not.toContainEqual(expect.stringContaining('made by the network'));
  });

  test('is not one of a sender whose packets are all alike', () => {
    const alike = udp({ ...ends, ...over6, payload: Buffer.alloc(30) });
    const flood = Array.from({ length: 500 }, (_step, index): Stamped => [index / 5, alike]);
    const through = flood
      .map(([ms, frame]): Stamped => [ms + 1, frame])
      .filter((_step, index) => index % 10 !== 5);
    const [toServer] = bothWays(report(save(flood), save(through), { shared }));
    expect(toServer).toMatchObject({ sent: 500, received: 450, lost: 50, unknownBecause: null });
  });
});

describe('duplicates that the network made', () => {
  const [afterWhile, atOnce] = [40, 0.01];

  test.each([
    ['at once', atOnce],
    ['a while later', afterWhile],
  ])('%s: are told, and are no loss', (_, ms) => {
    const again = arrived
      .filter((_step, index) => index % 7 === 3)
      .map(([at, frame]): Stamped => [at + ms, frame]);
    const there = byTime([...arrived.filter((_step, index) => index !== 30), ...again]);
    for (const shared of [true, false]) {
      const found = report(save(sent), save(there), { shared });
      const [toServer] = bothWays(found);
      expect(toServer).toMatchObject({ sent: 60, received: there.length, lost: 1, duplicates: again.length });
      expect(toServer).toMatchObject({ unexplained: 0, unknownBecause: null });
      expect(found.notes).toContainEqual(expect.stringContaining('duplicates made by the network'));
    }
  });

  test('of packets without a number make loss unknown: they may have been sent again', () => {
    const frames = Array.from({ length: 20 }, (_, index) => datagram(index, over6));
    const out = frames.map((frame, index): Stamped => [20 * index, frame]);
    const back = byTime(
      copied(out.slice(4, 6), 2, 5).concat(out.filter((_step, index) => index < 4 || index > 5)),
    );
    const [{ lost, unknownBecause, duplicates }] = bothWays(report(save(out), save(back), { shared: true }));
    expect({ lost, duplicates }).toEqual({ lost: null, duplicates: 2 });
    expect(unknownBecause).toContain('2 packets arrived more often than they were sent: duplicates');
  });
});

describe('jitter', () => {
  const random = seededRandom(9);
  // 20 ms apart and delayed by up to 60 ms, so that packets overtake each other.
  const delayed = sent.map(([ms, frame]) => ({ ms, at: ms + 10 + 60 * random(), frame }));
  const inOrder = [...delayed].sort((a, b) => a.at - b.at);

  /** RFC 3550, section 6.4.1, over packets in order of arrival. */
  function expected(): { mean: number; peak: number } {
    let estimate = 0;
    const estimates = inOrder.slice(1).map(({ at, ms }, index) => {
      const before = inOrder[index] ?? { at: 0, ms: 0 };
      estimate += (Math.abs(at - ms - (before.at - before.ms)) / 1000 - estimate) / 16;
      return estimate;
    });
    return { mean: mean(estimates), peak: Math.max(...estimates) };
  }

  test.each([
    ['one clock', 0, true],
    ['one clock that is not called so', 0, false],
    ['a clock that is a second ahead', 1000, false],
    ['a clock that is an hour ahead', 3_600_000, false],
    ['a clock that is two days behind', -172_800_000, false],
    ['a clock that is ahead, though called one', 500, true],
    ['a clock that stands at 1970', -1_899_999_999_000, false],
  ])('goes by the order of arrival with %s', (_, ahead, shared) => {
    const file = save(inOrder.map(({ at, frame }): Stamped => [at + ahead, frame]));
    const [toServer] = bothWays(report(save(sent), file, { shared, address: '10.0.0.2' }));
    const { mean: middle, peak } = expected();
    expect(toServer.jitter?.mean).toBeCloseTo(middle, 6);
    expect(toServer.jitter?.peak).toBeCloseTo(peak, 6);
  });

  test('is the same in both directions at once, and where one capture began later', () => {
    const back = sent.map(
      ([ms], index): Stamped => [
        ms,
        datagram(index, { from: ends.to, to: ends.from, sourcePort: 5002, destinationPort: 5004 }),
      ],
    );
    const [client, server]: Stamped[][] = [[...sent], inOrder.map(({ at, frame }) => [at + 7000, frame])];
    for (const [index, { at, ms }] of delayed.entries()) {
      const frame = back[index]?.[1] ?? Buffer.alloc(0);
      server?.push([ms + 7000, frame]);
      client?.push([at, frame]);
    }
    const [toServer, toClient] = bothWays(
      report(save(byTime(client ?? [])), save(byTime(server ?? [])), { address: '10.0.0.2' }),
    );
    for (const { jitter } of [toServer, toClient]) expect(jitter?.mean).toBeCloseTo(expected().mean, 6);
    const late = save(byTime(server ?? []).slice(40));
    const [part] = bothWays(report(save(byTime(client ?? [])), late, { address: '10.0.0.2' }));
    expect(part).toMatchObject({ lost: 0, unexplained: 0 });
    expect(part.jitter?.mean).toBeGreaterThan(0);
  });
});
