import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaptureReport, reportCaptures } from '../../../../measure/analyse/captures/capture-report';
import { formatAddress, parseAddress } from '../../../../measure/analyse/packets/ip-address';
import { PacketFilter } from '../../../../measure/analyse/packets/packet-filter';
import { renderCaptures } from '../../../../measure/report/terminal/capture-terminal';
import { ethernet, ipv4Tcp, ipv6Tcp, pcap, type Segment } from '../../fixtures/pcap-writer';

const directory = mkdtempSync(join(tmpdir(), 'capture-report-'));
afterAll(() => rmSync(directory, { recursive: true }));

const begin = 1_900_000_000_000_000_000n;
const syn = 2;
const up: Segment = { from: '10.0.0.1', to: '10.0.0.2', sourcePort: 40000, destinationPort: 80, sequence: 1 };
const down: Segment = {
  from: '10.0.0.2',
  to: '10.0.0.1',
  sourcePort: 80,
  destinationPort: 40000,
  sequence: 1,
};

let files = 0;
function save(steps: readonly (readonly [ms: number, frame: Buffer])[]): string {
  const file = join(directory, `${files++}.pcap`);
  const packets = steps.map(([ms, frame]) => ({ time: begin + BigInt(Math.round(ms * 1e6)), frame }));
  writeFileSync(file, pcap(packets, { nanoseconds: true }));
  return file;
}
const tcp = (segment: Segment): Buffer => ethernet(ipv4Tcp(segment));
function report(
  client: string,
  server: string | null,
  options: { address?: string; port?: number; shared?: boolean } = {},
): CaptureReport {
  const filter = new PacketFilter(options.address ?? null, options.port ?? null);
  return reportCaptures(client, server, { filter, sharedClock: options.shared ?? false });
}

test('each session is told by itself, with the one that asked for the connection as client', () => {
  const file = save([
    [0, tcp({ ...up, flags: syn })],
    [1, tcp({ ...down, flags: syn | 16 })],
    [2, tcp({ ...up, sourcePort: 40001, destinationPort: 50000, flags: syn })],
    [3, tcp({ ...down, sequence: 2, payload: 100 })],
  ]);
  const { sessions } = report(file, null);
  expect(sessions.map(({ client, server }) => [client.port, server.port])).toEqual([
    [40000, 80],
    [40001, 50000],
  ]);
  expect(sessions[0]?.directions.map(({ packets, payloadBytes }) => [packets, payloadBytes])).toEqual([
    [1, 0],
    [2, 100],
  ]);
  expect(sessions[0]?.seconds).toBeCloseTo(0.003, 6);
});

test('where the beginning is missing, the lower port is the server’s, unless the filter names it', () => {
  const file = save([[0, tcp({ ...down, payload: 10 })]]);
  expect(report(file, null).sessions[0]?.server).toEqual({ address: '10.0.0.2', port: 80 });
  expect(report(file, null, { address: '10.0.0.1' }).sessions[0]?.server).toEqual({
    address: '10.0.0.1',
    port: 40000,
  });
});

test('a port that is used again is another connection of its session, not retransmissions', () => {
  const once = (ms: number, sequence: number) =>
    [
      [ms, tcp({ ...up, sequence, flags: syn })],
      [ms + 1, tcp({ ...up, sequence: sequence + 1, payload: 50 })],
    ] as const;
  const { sessions } = report(save([...once(0, 900_000), ...once(100, 5000)]), null);
  expect(sessions).toHaveLength(1);
  expect(sessions[0]).toMatchObject({ connections: 2 });
  expect(sessions[0]?.directions[0]).toMatchObject({
    retransmissions: 0,
    outOfOrder: 0,
    newPayloadBytes: 100,
  });
});

test('with two captures, loss and delays are told for each session, over IPv6 too', () => {
  const six = (sequence: number): Buffer => ethernet(ipv6Tcp({ ...up, sequence, payload: 10 }), 0x86dd);
  const four = (sequence: number): Buffer => tcp({ ...up, sequence, payload: 10, ipId: sequence });
  const client = save(
    [0, 20, 40, 60].flatMap(
      (ms, index) =>
        [
          [ms, six(10 * index)],
          [ms + 1, four(10 * index)],
        ] as const,
    ),
  );
  const server = save([
    [5, six(0)],
    [6, four(0)],
    [25, six(10)],
    [53, six(20)],
    [54, four(20)],
    [65, six(30)],
    [66, four(30)],
  ]);
  const { sessions } = report(client, server, { shared: true });
  const [overSix, overFour] = sessions.map(({ directions }) => directions[0]?.twoEnded);
  expect(sessions[0]?.server.address).toBe('::2');
  expect(overSix).toMatchObject({ sent: 4, received: 4, lost: 0, lossPercent: 0 });
  expect(overFour).toMatchObject({
    sent: 4,
    received: 3,
    lost: 1,
    lossPercent: 25,
  });
  expect(overSix?.oneWayDelay?.max).toBeCloseTo(0.013, 9);
  // D = 0, 8, −8 ms: J = 0, 0.5, 0.96875 ms (RFC 3550).
  expect(overSix?.jitter?.peak).toBeCloseTo(0.00096875, 9);
  expect(overSix?.pdv?.p999).toBeCloseTo(0.008, 4);
});

test('without a shared clock there is no one-way delay, but its variation', () => {
  const data = (sequence: number): Buffer => tcp({ ...up, sequence, payload: 10, ipId: sequence + 1 });
  const client = save([
    [0, data(0)],
    [20, data(10)],
    [40, data(20)],
  ]);
  const server = save([
    [-3_599_998, data(0)],
    [-3_599_970, data(10)],
    [-3_599_958, data(20)],
  ]);
  const both = report(client, server).sessions[0]?.directions[0]?.twoEnded;
  expect(both).toMatchObject({ lost: 0, oneWayDelay: null });
  expect(both?.delayUnknownBecause).toContain('--shared-clock');
  expect(both?.ipdv?.max).toBeCloseTo(0.008, 6);
  expect(both?.pdv?.p999).toBeCloseTo(0.008, 4);
  expect(report(client, server, { shared: true }).sessions[0]?.directions[0]?.twoEnded).toMatchObject({
    oneWayDelay: null,
  });
});

test('two captures of different sessions have an unknown loss, not 100 %', () => {
  const client = save([[0, tcp({ ...up, payload: 10, ipId: 1 })]]);
  const server = save([[0, tcp({ ...up, payload: 10, ipId: 2 })]]);
  const { sessions } = report(client, server);
  expect(sessions[0]?.directions[0]?.twoEnded).toMatchObject({ lost: null, lossPercent: null });
});

test('a filter shows only its packets, and names the display filter of Wireshark that does the same', () => {
  const file = save([
    [0, tcp({ ...up, payload: 10 })],
    [5, tcp({ ...up, destinationPort: 81, payload: 10 })],
    [10, tcp({ ...down, payload: 36 })],
  ]);
  const found = report(file, null, { address: '10.0.0.2', port: 80 });
  expect(found.filter).toBe(
    'ip.addr == 10.0.0.2 and (tcp.port == 80 or udp.port == 80) and not icmp and not icmpv6',
  );
  expect(found.paperTable.displayed).toMatchObject({ packets: 2, bytes: 154, averagePacketBytes: 77 });
  expect(found.paperTable.displayed.bytesPerSecond).toBeCloseTo(15_400, 1);
  expect(found.paperTable.captured.packets).toBe(3);
  const text = renderCaptures(found, false);
  expect(text).toContain('tcp 10.0.0.1:40000 → 10.0.0.2:80');
  expect(text).toMatch(/Packets\s+│ 3\s+│ 2 /);
});

test.each(['10.0.0.256', '', 'example.org', 'fe80::1%eth0'])('"%s" is no address to filter by', (address) => {
  expect(() => new PacketFilter(address, null)).toThrow(`"${address}" is not an IP address`);
});

test.each(['192.168.20.11', '::1', '2001:db8::8:800:200c:417a', '::', 'fe80::1:0:0:1'])(
  '%s is read and written',
  (address) => {
    expect(formatAddress(parseAddress(address))).toBe(address);
  },
);
