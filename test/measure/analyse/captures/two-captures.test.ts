import { matchCaptures } from '../../../../measure/analyse/captures/match-captures';
import { renderCaptures } from '../../../../measure/report/terminal/capture-terminal';
import { bothWays, captureDirectory, report, type Stamped, tcp, udp } from '../../fixtures/two-ends';

const { save } = captureDirectory();
const syn = 2;
const synAck = 18;
const client = { from: '10.0.0.1', sourcePort: 40000 };
const server = { to: '10.0.0.2', destinationPort: 80 };
const up = { ...client, ...server };
const down = { from: server.to, to: client.from, sourcePort: 80, destinationPort: 40000 };
const over6 = { from: '2001:db8::1', to: '2001:db8::2' };
const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const numbered = (index: number): Buffer => {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(index);
  return udp({ ...up, payload, ipId: index + 1 });
};
/** The same frames at the other end, each so much later. */
const later = (steps: readonly Stamped[], ms: number): Stamped[] =>
  steps.map(([at, frame]) => [at + ms, frame] as const);

describe.each([
  ['one clock', true],
  ['clocks of their own', false],
])('identical packets that are further apart than the wait, with %s', (_, shared) => {
  test.each([
    ['datagrams without an identification', udp({ ...up, payload: Buffer.alloc(4) }), 5000],
    ['datagrams over IPv6', udp({ ...up, ...over6, payload: Buffer.alloc(4) }), 5000],
    ['keep-alives over IPv6', tcp({ ...up, ...over6, sequence: 999, payload: 1 }), 15_000],
    ['keep-alives over IPv4 without an identification', tcp({ ...up, sequence: 999 }), 15_000],
  ])('%s: those that did not arrive are lost, and no other', (_name, frame, apart) => {
    const sent = numbers(20).map((index) => [index * apart, frame] as const);
    const arrived = later(sent, 12).filter((_step, index) => index !== 2 && index !== 11);
    const [toServer] = bothWays(report(save(sent), save(arrived), { shared }));
    expect(toServer).toMatchObject({ sent: 20, received: 18, lost: 2, unexplained: 0, late: 0 });
    if (shared) expect(toServer.oneWayDelay).toMatchObject({ samples: 18, max: 0.012 });
  });

  test('SYN-ACKs of which one arrives', () => {
    const answer = tcp({ ...down, sequence: 7, acknowledgement: 8, flags: synAck });
    const question = tcp({ ...up, sequence: 7, flags: syn });
    const atServer = save([0, 1000, 3050].map((ms) => [ms, answer] as const));
    const atClient = save([
      [-10, question],
      [3060, answer],
    ]);
    const [toServer, toClient] = bothWays(report(atClient, atServer, { shared }));
    expect(toClient).toMatchObject({ sent: 3, received: 1, lost: 2, unexplained: 0 });
    expect(toServer).toMatchObject({ sent: 1, received: 0, lost: null });
    expect(toServer.unknownBecause).toContain('in the other direction only');
  });
});

test('what arrives after the wait is lost, and told from what never arrives', () => {
  const sent = numbers(10).map((index) => [index * 1000, numbered(index)] as const);
  const arrived = later(sent, 5).map(([ms, frame], index) => [index === 4 ? ms + 3500 : ms, frame] as const);
  const kept = arrived.filter((_, index) => index !== 6).sort(([a], [b]) => a - b);
  const found = report(save(sent), save(kept), { shared: true });
  expect(bothWays(found)[0]).toMatchObject({ sent: 10, received: 9, lost: 2, late: 1, unexplained: 0 });
  expect(found.notes).toContain('1 of the lost packets arrived, but after more than 3 s');
  expect(bothWays(report(save(sent), save(kept)))[0]).toMatchObject({ lost: 1, late: 0 });
});

describe('a session that one end alone has', () => {
  const session = (at: typeof up, back: typeof up): Stamped[] =>
    numbers(10).flatMap((index): Stamped[] => [
      [20 * index, tcp({ ...at, sequence: index, ipId: index + 1 })],
      [20 * index + 5, tcp({ ...back, sequence: index, payload: 100, ipId: index + 1 })],
    ]);
  const mine = session(up, down);

  test.each([
    ['the client’s address', { from: '192.0.2.1' }, { to: '192.0.2.1' }],
    ['the client’s port', { sourcePort: 50_000 }, { destinationPort: 50_000 }],
    ['the server’s address', { to: '192.0.2.2' }, { from: '192.0.2.2' }],
    ['both addresses', { from: '192.0.2.1', to: '192.0.2.2' }, { from: '192.0.2.2', to: '192.0.2.1' }],
  ])('because a router rewrites %s: loss is unknown in both directions, and says why', (_, there, back) => {
    const other = later(session({ ...up, ...there }, { ...down, ...back }), 3);
    for (const shared of [true, false]) {
      const found = report(save(mine), save(other), { shared });
      for (const direction of bothWays(found)) {
        expect(direction).toMatchObject({ lost: null, lossPercent: null });
        expect(direction.unknownBecause).toContain('addresses or ports rewritten in between (NAT)');
      }
      expect(renderCaptures(found, false)).toContain('has no packet of this session');
    }
  });

  test('over IPv6 and UDP, of which only one direction was sent', () => {
    const datagram = (from: string): Stamped[] =>
      numbers(5).map((index) => [index, udp({ ...up, ...over6, from, payload: Buffer.from([index]) })]);
    const found = report(save(datagram('2001:db8::1')), save(datagram('2001:db8:1::1')));
    for (const { unknownBecause } of bothWays(found)) expect(unknownBecause).toContain('(NAT)');
  });

  test('in one direction: that direction is unknown, and the one that both have is not', () => {
    const half = later(mine, 3).filter((_, index) => index % 2 === 0);
    const [toServer, toClient] = bothWays(report(save(mine), save(half), { shared: true }));
    expect(toServer).toMatchObject({ sent: 10, received: 10, lost: 0 });
    expect(toClient).toMatchObject({ sent: 0, received: 10, lost: null });
    expect(toClient.unknownBecause).toContain('has this session in the other direction only');
    const [, swapped] = bothWays(report(save(half), save(mine), { address: '10.0.0.2' }));
    expect(swapped).toMatchObject({ sent: 10, received: 0, lost: null });
  });
});

describe('clocks that are called one', () => {
  /** Ten milliseconds each way. */
  const exchange = (ahead: number): [atClient: Stamped[], atServer: Stamped[]] => {
    const [atClient, atServer]: Stamped[][] = [[], []];
    for (const index of numbers(50)) {
      const question = tcp({ ...up, sequence: index, ipId: index + 1 });
      const answer = tcp({ ...down, sequence: index, payload: 20, ipId: index + 1 });
      atClient?.push([100 * index, question], [100 * index + 21, answer]);
      atServer?.push([100 * index + 10 + ahead, question], [100 * index + 11 + ahead, answer]);
    }
    return [atClient ?? [], atServer ?? []];
  };

  test.each([
    [5000, 4.99],
    [100, 0.09],
    [-100, 0.09],
    [-5000, 4.99],
    [-86_400_000, 86_400],
  ])(
    'and differ by %i ms: delays are unknown both ways, nothing is lost, at least %f s are told',
    (ahead, seconds) => {
      const [atClient, atServer] = exchange(ahead);
      const found = report(save(atClient), save(atServer), { shared: true });
      for (const direction of bothWays(found)) {
        expect(direction).toMatchObject({ sent: 50, received: 50, lost: 0, late: 0, oneWayDelay: null });
        expect(direction.delayUnknownBecause).toContain(`the clocks differ by ${seconds} s at least`);
        expect(direction.ipdv?.max).toBeCloseTo(0, 9);
      }
      expect(renderCaptures(found, false)).toContain(`they differ by ${seconds} s at least`);
    },
  );

  test('and agree within the step of their stamps: delays below it are none, not negative', () => {
    const [atClient] = exchange(0);
    const found = bothWays(report(save(atClient), save(later(atClient, -0.000_001)), { shared: true }));
    for (const { oneWayDelay, lost } of found) {
      expect(lost).toBe(0);
      expect(oneWayDelay).toMatchObject({ samples: 50, max: expect.closeTo(0, 8) });
      expect(oneWayDelay?.min).toBeGreaterThanOrEqual(0);
    }
  });

  test('but differ so that packets seem to arrive after the wait, in the only direction there is: loss is unknown', () => {
    const sent = numbers(10).map((index) => [100 * index, numbered(index)] as const);
    const [toServer] = bothWays(report(save(sent), save(later(sent, 5000)), { shared: true }));
    expect(toServer).toMatchObject({ lost: null, late: 10 });
    expect(toServer.unknownBecause).toContain('the clocks may not be one');
  });
});

describe.each([
  ['one clock', true, 0],
  ['clocks of their own', false, -3_600_000],
])('a capture that ran for a part of the other, with %s', (_, shared, ahead) => {
  const sent = numbers(100).map((index) => [10 * index, numbered(index)] as const);
  const arrived = later(sent, 1 + ahead);

  test.each([
    ['began later', [50, 100], { sentBefore: 50, sentAfter: 0 }],
    ['ended sooner', [0, 70], { sentBefore: 0, sentAfter: 30 }],
    ['began later and ended sooner', [20, 60], { sentBefore: 20, sentAfter: 40 }],
  ] as const)(
    'at the receiver, which %s: what it could not see is left out and counted',
    (_name, part, leftOut) => {
      // One is really lost, in the middle.
      const there = arrived.slice(...part).filter(([, frame]) => frame !== sent[55]?.[1]);
      const found = report(save(sent), save(there), { shared });
      const [toServer] = bothWays(found);
      expect(toServer).toMatchObject({ sent: 100, received: there.length, lost: 1, unexplained: 0 });
      expect(toServer.leftOut).toMatchObject(leftOut);
      expect(toServer.lossPercent).toBeCloseTo(100 / (part[1] - part[0]), 9);
      const text = renderCaptures(found, false);
      for (const [count, word] of [
        [leftOut.sentBefore, 'began later than the other'],
        [leftOut.sentAfter, 'ended sooner than the other'],
      ] as const) {
        const note = `${word}: ${count} packets`;
        if (count > 0) expect(text).toContain(note);
        else expect(text).not.toContain(word);
      }
    },
  );

  test('at the sender: what it could not see does not make the loss of the rest unknown', () => {
    const there = sent.slice(30, 80);
    const kept = arrived.filter((_step, index) => index !== 55);
    const [toServer] = bothWays(report(save(there), save(kept), { shared }));
    expect(toServer).toMatchObject({ sent: 50, received: 99, lost: 1, unexplained: 0 });
    expect(toServer.leftOut).toMatchObject({ arrivedBefore: 30, arrivedAfter: 20 });
  });

  test('with delays that vary: a packet that may have arrived outside is left out, too', () => {
    const varying = sent.map(([ms, frame], index) => [ms + ahead + 5 + ((index * 7) % 40), frame] as const);
    const there = varying.filter(([ms]) => ms - ahead > 300 && ms - ahead < 700).sort(([a], [b]) => a - b);
    const [toServer] = bothWays(report(save(sent), save(there), { shared }));
    expect(toServer).toMatchObject({ lost: 0, unexplained: 0, received: there.length });
  });

  test('another frame of any kind shows that it ran', () => {
    const other = udp({ ...up, from: '10.9.9.9', payload: Buffer.alloc(1) });
    const there = [[ahead - 5, other], ...arrived.slice(2, -3), [1000 + ahead, other]] as const;
    const [toServer] = bothWays(report(save(sent), save(there), { shared, address: '10.0.0.2' }));
    expect(toServer).toMatchObject({ lost: 5, leftOut: { sentBefore: 0, sentAfter: 0 } });
  });
});

test('a session that was over before the other capture began has an unknown loss, not one of 0', () => {
  const early = numbers(5).map((index) => [index, numbered(index)] as const);
  const answer = udp({ ...down, payload: Buffer.alloc(9), ipId: 9 });
  const found = report(save([...early, [900, answer]]), save([[899, answer]]), { shared: true });
  expect(bothWays(found)[0]).toMatchObject({ lost: null, lossPercent: null });
});

describe('the lab’s own captures', () => {
  const address = { address: server.to, port: server.destinationPort };
  const sent = numbers(20).map((index) => [10 * index, numbered(index)] as const);

  test('run from before a session until after it: what is lost at its begin and end is lost', () => {
    const there = save(later(sent, 2).slice(3, -2));
    const { toServer, toClient } = matchCaptures(save(sent), there, address, { sharedClock: true });
    expect(toServer).toMatchObject({ sent: 20, received: 15, lost: 5, sentBefore: 0, sentAfter: 0 });
    expect(toClient).toMatchObject({ sent: 0, received: 0, lost: 0 });
  });

  test('tell by how much their clocks differ at least, and then have no delays', () => {
    const { toServer, clocksDifferBySeconds } = matchCaptures(save(sent), save(later(sent, -40)), address, {
      sharedClock: true,
    });
    expect(clocksDifferBySeconds).toBeCloseTo(0.04, 9);
    expect(toServer).toMatchObject({ matched: 20, lost: 0 });
    expect(toServer.transit.count).toBe(0);
    expect(toServer.jitter.variation.max).toBe(0);
  });
});
