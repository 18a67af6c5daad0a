// Not by zx, which is asynchronous: files are read one after the other, and nothing else goes on.
import { spawnSync } from 'node:child_process';
import type { Reading } from './differences';

const fields = [
  ...['frame.len', 'frame.time_epoch', 'frame.protocols', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst'],
  ...['tcp.srcport', 'tcp.dstport', 'udp.srcport', 'udp.dstport'],
  ...[
    'tcp.analysis.retransmission',
    'tcp.analysis.out_of_order',
    'tcp.analysis.fast_retransmission',
    'tcp.flags.reset',
    'tcp.seq_raw',
    'tcp.len',
  ],
];

/** First line of what `tshark --version` says. */
export function tsharkVersion(): string | undefined {
  return spawnSync('tshark', ['--version'], { encoding: 'utf8' }).stdout.split('\n')[0];
}

/** What tshark says of a file. The innermost packet counts, but for those that ICMP quotes. */
export function tsharkReading(file: string): Reading {
  const { stdout, stderr } = spawnSync(
    'tshark',
    ['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=l', ...fields.flatMap((field) => ['-e', field])],
    { encoding: 'utf8', maxBuffer: 1 << 30, timeout: 300_000 },
  );
  const partial = /cut short|damaged or corrupt|appears to have been/.exec(stderr)?.[0] ?? null;
  const rows = stdout.split('\n').filter(Boolean);
  const refused = /isn't a capture file|can't be opened|not supported/.exec(stderr)?.[0] ?? null;
  if (rows.length === 0 && refused !== null) return { figures: null, refused, partial, kinds: [] };
  const sessions = new Set<string>();
  const protocols = new Set<string>();
  /** End of the last segment with payload, by direction. */
  const ends = new Map<string, number>();
  let bytes = 0;
  let again = 0;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    const [length, time, chain = '', ...rest] = row.split('\t');
    const layers = chain.split(':');
    for (const layer of layers) protocols.add(layer);
    bytes += Number(length);
    if (time) {
      first = Math.min(first, Math.round(Number(time) * 1e6));
      last = Math.max(last, Math.round(Number(time) * 1e6));
    }
    if (rest.slice(8, 11).some(Boolean)) {
      again += 1;
      if (/1|true/i.test(rest[11] ?? '')) protocols.add('reset with data');
    }
    if (layers.includes('icmp') || layers.includes('icmpv6')) continue;
    const transport = Math.max(layers.lastIndexOf('tcp'), layers.lastIndexOf('udp'));
    if (transport < 0) continue;
    const isTcp = layers[transport] === 'tcp';
    const isSix = layers.lastIndexOf('ipv6', transport) > layers.lastIndexOf('ip', transport);
    const [source, destination] = isSix ? rest.slice(2, 4) : rest.slice(0, 2);
    const [from, to] = isTcp ? rest.slice(4, 6) : rest.slice(6, 8);
    if (!from || !source) continue;
    const [sequence, payload] = rest.slice(12, 14).map(Number);
    if (isTcp && sequence !== undefined && payload) {
      const direction = `${source} ${from} ${destination} ${to}`;
      if (payload > 1 && sequence + 1 === ends.get(direction)) protocols.add('repeats one byte');
      ends.set(direction, sequence + payload);
    }
    const both = [`${source} ${from}`, `${destination} ${to}`].sort();
    sessions.add([isTcp ? 'tcp' : 'udp', ...both].join(' '));
  }
  const microseconds = last >= first ? last - first : 0;
  return {
    figures: { packets: rows.length, bytes, microseconds, sessions: sessions.size, again },
    refused: null,
    partial,
    kinds: [...protocols],
  };
}
