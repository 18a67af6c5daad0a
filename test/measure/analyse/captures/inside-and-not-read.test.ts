import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaptureReport, reportCaptures } from '../../../../measure/analyse/captures/capture-report';
import { PacketFilter } from '../../../../measure/analyse/packets/packet-filter';
import { renderCaptures } from '../../../../measure/report/terminal/capture-terminal';
import { ethernet, ipv4Tcp, ipv6Tcp, pcap } from '../../fixtures/pcap-writer';
import {
  fragments4,
  fragments6,
  geneve,
  gre,
  ipv4,
  ipv6,
  mpls,
  ppp,
  pppoe,
  pptp,
  udp,
  vxlan,
} from '../../fixtures/tunnel-writer';

const directory = mkdtempSync(join(tmpdir(), 'inside-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Options {
  readonly linkType?: number;
  readonly outer?: boolean;
  /** Bytes of each frame that are captured. */
  readonly snap?: number;
}
function report(frames: readonly Buffer[], { linkType = 1, outer = false, snap = 65535 }: Options = {}) {
  const file = join(directory, 'one.pcap');
  const packets = frames.map((frame, index) => ({
    time: 1_900_000_000_000_000_000n + BigInt(index) * 1_000_000n,
    frame: frame.subarray(0, snap),
    originalLength: frame.length,
  }));
  writeFileSync(file, pcap(packets, { linkType }));
  return reportCaptures(file, null, { filter: new PacketFilter(null, null), sharedClock: false, outer });
}
const fileOf = ({ files: [file] }: CaptureReport) => file;

const segment = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 40000, destinationPort: 80, payload: 30 };
const four = ipv4Tcp({ ...segment, sequence: 1 });
const six = ipv6Tcp({ ...segment, sequence: 1 });
const serviceTag = (frame: Buffer): Buffer =>
  Buffer.concat([frame.subarray(0, 12), Buffer.from([0x88, 0xa8, 0, 5]), frame.subarray(12)]);
const llc = Buffer.from([0xaa, 0xaa, 3, 0, 0, 0, 8, 0]);

test.each<[string | null, Buffer, number]>([
  [null, ppp(four), 9],
  [null, ppp(four).subarray(2), 9],
  [null, ppp(four), 50],
  ['VLAN', ethernet(four, 0x0800, [5]), 1],
  ['QinQ', ethernet(four, 0x0800, [5, 6]), 1],
  ['QinQ', serviceTag(ethernet(four, 0x0800, [6])), 1],
  ['SNAP', ethernet(Buffer.concat([llc, four]), 78), 1],
  ['MPLS', ethernet(mpls(four), 0x8847), 1],
  ['MPLS', ethernet(mpls(six), 0x8847), 1],
  ['MPLS', ethernet(mpls(Buffer.concat([Buffer.alloc(4), ethernet(four)])), 0x8847), 1],
  ['PPPoE', ethernet(pppoe(four), 0x8864), 1],
  ['GRE', ethernet(ipv4(47, gre(0x0800, four))), 1],
  ['GRE', ethernet(ipv4(47, gre(0x6558, ethernet(four)))), 1],
  ['GRE', ethernet(ipv4(47, pptp(four))), 1],
  ['4in4', ethernet(ipv4(4, four)), 1],
  ['6in4', ethernet(ipv4(41, six)), 1],
  ['4in6', ethernet(ipv6(4, four), 0x86dd), 1],
  ['6in6', ethernet(ipv6(41, six), 0x86dd), 1],
  ['VXLAN', ethernet(ipv4(17, vxlan(ethernet(four)))), 1],
  ['VLAN in Geneve in PPPoE', ethernet(pppoe(ipv4(17, geneve(ethernet(four, 0x0800, [5])))), 0x8864), 1],
])('the packet inside %s is read, and it is told what it was in', (inside, frame, linkType) => {
  const found = report([frame], { linkType });
  expect(found.sessions).toHaveLength(1);
  expect(found.sessions[0]).toMatchObject({ protocol: 'tcp', inside, server: { port: 80 } });
  expect(found.sessions[0]?.directions[0]).toMatchObject({
    packets: 1,
    payloadBytes: 30,
    wireBytes: frame.length,
  });
  expect(fileOf(found)).toMatchObject({ otherFrames: 0, notRead: [], malformedFrames: 0 });
  expect(fileOf(found)?.inside).toEqual(inside === null ? [] : [{ kind: inside, frames: 1 }]);
  if (inside !== null) expect(renderCaptures(found, false)).toContain(`Read inside: 1 ${inside}`);
});

test('with --outer it is the tunnel’s own packet that is read', () => {
  const tunnel = ethernet(ipv4(17, vxlan(ethernet(four))));
  expect(report([tunnel], { outer: true }).sessions[0]).toMatchObject({
    protocol: 'udp',
    inside: null,
    server: { address: '10.9.0.2', port: 4789 },
  });
  const none = report([ethernet(ipv4(47, gre(0x0800, four)))], { outer: true });
  expect(fileOf(none)?.notRead).toEqual([{ kind: 'GRE', mayHideSessions: true, frames: 1 }]);
});

test('a datagram to VXLAN’s port that is none stays a datagram', () => {
  const other = ethernet(ipv4(17, udp(Buffer.alloc(40, 1), { to: 4789 })));
  expect(report([other]).sessions[0]).toMatchObject({ protocol: 'udp', inside: null });
});

test.each<[string, Buffer, number, boolean]>([
  ['link type 105 (IEEE 802.11)', Buffer.alloc(60), 105, true],
  ['link type 4711', Buffer.alloc(60), 4711, true],
  ['ARP', ethernet(Buffer.alloc(28), 0x0806), 1, false],
  ['EtherType 0x9999', ethernet(Buffer.alloc(28), 0x9999), 1, true],
  ['ICMP', ethernet(ipv4(1, Buffer.alloc(8))), 1, false],
  ['ESP', ethernet(ipv4(50, Buffer.alloc(40))), 1, true],
  ['MPLS with an unknown payload', ethernet(mpls(Buffer.alloc(60, 0xff)), 0x8847), 1, true],
  ['PPP protocol 0x00fd', Buffer.from([0xff, 3, 0, 0xfd, 1, 2, 3, 4]), 9, true],
  ['GRE of an unknown version', ethernet(ipv4(47, Buffer.from([0, 5, 8, 0, 0, 0, 0, 0]))), 1, true],
  ['cut inside its headers', ethernet(four), 1, true],
  [
    'IP fragment of a datagram that is not whole',
    ethernet(fragments4(17, udp(Buffer.alloc(80)), 48)[0] as Buffer),
    1,
    true,
  ],
])(
  '%s: frames that are not read are counted by kind, and no session is never without a word',
  (kind, frame, linkType, mayHideSessions) => {
    const found = report([frame, frame], { linkType, snap: kind.startsWith('cut') ? 40 : 65535 });
    expect(found.sessions).toEqual([]);
    expect(fileOf(found)).toMatchObject({ otherFrames: 2, notRead: [{ kind, mayHideSessions, frames: 2 }] });
    expect(found.notes[0]).toContain('no TCP or UDP session is shown');
    expect(found.notes[1]).toContain(`2 ${kind}`);
    expect(renderCaptures(found, false)).toContain(`not read: 2 ${kind}`);
  },
);

test('what cannot hide a session needs no note where there is one', () => {
  expect(report([ethernet(four), ethernet(Buffer.alloc(28), 0x0806)]).notes).toEqual([]);
});

const datagram = udp(Buffer.alloc(1000));
const whole = { packets: 3, payloadBytes: 1000 };
test.each<[string, Buffer[]]>([
  ['IPv4', fragments4(17, datagram, 400).map((part) => ethernet(part))],
  [
    'IPv4, the last first',
    fragments4(17, datagram, 400)
      .map((part) => ethernet(part))
      .reverse(),
  ],
  ['IPv6', fragments6(17, datagram, 400).map((part) => ethernet(part, 0x86dd))],
  ['a header in two', fragments4(17, datagram, 8).map((part) => ethernet(part))],
])('fragments of %s are put together once all are there, and each is a frame of the session', (_, frames) => {
  const found = report(frames);
  const wireBytes = frames.reduce((sum, { length }) => sum + length, 0);
  expect(found.sessions).toHaveLength(1);
  expect(found.sessions[0]?.directions[0]).toMatchObject({ ...whole, packets: frames.length, wireBytes });
  expect(fileOf(found)).toMatchObject({ otherFrames: 0, notRead: [], malformedFrames: 0 });
});

test('fragments are put together although they are cut to their headers, and inside each other', () => {
  const cut = fragments4(17, datagram, 400).map((part) => ethernet(part));
  expect(report(cut, { snap: 60 }).sessions[0]?.directions[0]).toMatchObject(whole);
  const inner = fragments4(17, datagram, 400).flatMap((part, index) =>
    fragments4(4, part, 200, 100 + index).map((piece) => ethernet(piece)),
  );
  const found = report(inner);
  expect(found.sessions[0]).toMatchObject({ inside: '4in4' });
  expect(found.sessions[0]?.directions[0]).toMatchObject({ packets: inner.length, payloadBytes: 1000 });
  expect(fileOf(found)).toMatchObject({ notRead: [] });
});

test.each<[string, Buffer, number]>([
  ['an IPv4 length', ethernet(ipv4(17, udp(Buffer.alloc(40)), { total: 1400 })), 40],
  ['a UDP length', ethernet(ipv4(17, udp(Buffer.alloc(40), { length: 1400 }))), 40],
  ['a UDP length that is too short', ethernet(ipv4(17, udp(Buffer.alloc(40), { length: 3 }))), 40],
  [
    'a length inside a tunnel',
    ethernet(ipv4(47, gre(0x0800, ipv4(17, udp(Buffer.alloc(40)), { total: 900 })))),
    40,
  ],
])('%s that cannot be is bounded by the frame, and counted as malformed', (_, frame, payloadBytes) => {
  const found = report([frame]);
  expect(found.sessions[0]?.directions[0]).toMatchObject({ payloadBytes });
  expect(fileOf(found)).toMatchObject({ malformedFrames: 1 });
  expect(found.notes[0]).toContain('1 frames are malformed');
});

test('padding of a short frame is no payload, and nothing is malformed', () => {
  const padded = Buffer.concat([ethernet(ipv4(17, udp(Buffer.alloc(4)))), Buffer.alloc(14)]);
  const found = report([padded]);
  expect(found.sessions[0]?.directions[0]).toMatchObject({ payloadBytes: 4 });
  expect(fileOf(found)).toMatchObject({ malformedFrames: 0 });
});

test('headers that are nested without end end in a kind, not in a crash', () => {
  const tags = Buffer.concat([Buffer.alloc(12), Buffer.alloc(60_000, Buffer.from([0x81, 0, 0, 1]))]);
  expect(fileOf(report([tags]))?.notRead).toMatchObject([{ kind: 'headers nested too deep' }]);
});
