import { z } from 'zod';
import { sessionCountersRecord } from './counters';
import { bytes, client, count, fault, ipv4, port, type RecordOf, record, seconds, time } from './fields';
import { delayMadeIn, linkShapeRecord } from './link';

const transferFields = {
  url: z.string(),
  kind: z.enum(['page', 'asset']),
  page: count.describe('Index of the page in the session that it belongs to.'),
  intendedAt: time.describe('When the reader meant to start.'),
  startedAt: time.describe('When it did.'),
  firstByteAt: time.nullable().describe('Null where the transfer failed before it.'),
  endedAt: time,
  status: z.number().nullable().describe('HTTP status.'),
  bytes: bytes.describe('Body bytes as received.'),
  error: z.string().nullable(),
  late: z
    .literal(true)
    .optional()
    .describe(
      'Requested by a script after the page had settled: traffic of the session, no part of the page.',
    ),
};

/** What a reader prints of a transfer. */
export const transferRecord = record(transferFields).describe(
  'A page or one of its assets, as the reader fetched it.',
);

const clientTransferRecord = record({ client: z.string(), ...transferFields });

const timingFields = {
  page: count,
  url: z.string(),
  intendedAt: time,
  domContentLoadedAt: time.nullable(),
  loadAt: time
    .nullable()
    .describe('The load event: the page and all that it asks for while it is parsed are there.'),
  firstContentfulPaintAt: time.nullable(),
  largestContentfulPaintAt: time.nullable(),
};

export const pageTimingRecord = record(timingFields).describe(
  "When a browser showed a page, by the node's clock; null = that did not happen, or the page did not come.",
);

export const captureFileRecord = record({
  file: z.enum(['client.pcap', 'server.pcap']),
  interface: z.string(),
  where: z.enum(['client', 'server']),
  filter: z.string(),
  sha256: z.string(),
  captured: count
    .nullable()
    .describe("By the capture program's own counter at its end; null = not reported."),
  droppedByKernel: count.nullable().describe('As captured.'),
  cpuSeconds: seconds
    .nullable()
    .optional()
    .describe('CPU time of the capturing programs; null = not reported. Absent in older runs.'),
  clockStepSeconds: z
    .number()
    .nullable()
    .optional()
    .describe(
      'By how much the clock that stamps the packets went on more than the steady one meanwhile; null = not reported. Absent in older runs.',
    ),
  offloads: z
    .record(z.string(), z.boolean())
    .describe(
      'Segmentation offloads on the interface when captured: { tso: false, gso: false, gro: false }.',
    ),
});

export const probeRecord = record({
  method: z.string(),
  roundTripSeconds: z.array(seconds.nullable()).describe('Null = lost.'),
});

export const sessionRecord = record({
  session: count.describe('Its number in the run, from 0.'),
  guest: z.string(),
  role: z.string(),
  clients: z.array(client),
  serverAddress: ipv4,
  serverPort: port,
  startedAt: time,
  endedAt: time,
  seed: z.number(),
  reader: z.string().describe('What read the pages, in words.'),
  thinkSeconds: z.array(z.number()),
  transfers: z.array(clientTransferRecord),
  pageTimings: z
    .array(record({ client: z.string(), ...timingFields }))
    .optional()
    .describe("Every page as the client's browser showed it; absent where no browser read."),
  warmUp: z
    .array(clientTransferRecord)
    .optional()
    .describe(
      'Every page once, by the first client alone, before the probe and the captures: what the application does only on its first visit after a boot stays out of the figures. Absent in runs that had no warm-up.',
    ),
  captures: z
    .array(captureFileRecord)
    .describe(
      'With several clients, client.pcap holds the captures of all of them, merged in the order of time.',
    ),
  guestOffloads: z
    .record(z.string(), z.boolean())
    .nullable()
    .optional()
    .describe('Segmentation offloads inside the guest while captured; null = they could not be read or set.'),
  link: record({
    shape: linkShapeRecord,
    delayMadeIn,
    dropped: record({ toServer: count, toClient: count })
      .nullable()
      .describe(
        'Packets that the link dropped while it was captured, by its own counters; null where it was to drop none.',
      ),
  })
    .optional()
    .describe('How the link between clients and server was shaped; absent = not at all, or in an older run.'),
  reset: record({
    from: z.enum(['boot', 'snapshot']),
    seconds: seconds.describe('From the first request until the application answers.'),
    stillSeconds: seconds
      .nullable()
      .describe("Longest time between two answers of the guest's agent meanwhile; null = not known."),
    snapshot: record({
      name: z.string(),
      withMemory: z.boolean(),
      taken: record({ seconds, bytes: bytes.nullable(), stillSeconds: seconds.nullable() })
        .nullable()
        .describe('What taking it cost; null = it was there, of the run before it was continued.'),
    })
      .optional()
      .describe('Absent = a boot.'),
  })
    .optional()
    .describe('From what the session began; absent = the guest had gone on from what was before.'),
  nodeCounters: record({ before: sessionCountersRecord, after: sessionCountersRecord })
    .nullable()
    .optional()
    .describe(
      "The node's counters before the captures began and after they ended: whether something else was busy meanwhile. Null = they could not be had. Absent in older runs.",
    ),
  sharedClock: z
    .boolean()
    .describe(
      'True where one clock (one kernel) stamped both captures; the offset of the clocks is 0 by construction then.',
    ),
  probe: probeRecord.describe('Round trips of the active probe before the session, seconds.'),
  fault,
}).describe('One session of scenario 2 with one application.');

export type Transfer = RecordOf<typeof transferRecord>;
export type PageTiming = RecordOf<typeof pageTimingRecord>;
export type CaptureFile = RecordOf<typeof captureFileRecord>;
export type QosSession = RecordOf<typeof sessionRecord>;
