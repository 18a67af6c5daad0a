import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DestroyedGuest, Environment, LoadLadder, QosSession, ResourceVisit, RunPlan } from './raw-data';
import { ladderSchema } from './raw-ladder';
import { linkShapeSchema, planSchema } from './raw-plan';

/** A raw file that is missing or not what measure/run/raw-data.ts says; the message names every fault with file and field. */
export class RawDataFault extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The raw data cannot be analysed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'RawDataFault';
  }
}

/** All of a run's raw data but the captures, which are streamed when they are analysed. */
export interface RawRun {
  readonly directory: string;
  readonly plan: RunPlan;
  readonly environment: Environment;
  readonly visits: readonly ResourceVisit[];
  /** The file of each visit by its number, relative to the run's directory. */
  readonly visitFiles: ReadonlyMap<number, string>;
  /** Empty where the lab was kept, and in older runs. */
  readonly destroyed: readonly DestroyedGuest[];
  readonly sessions: readonly { readonly directory: string; readonly session: QosSession }[];
  /** With the file of each, relative to the run's directory. */
  readonly ladders: readonly { readonly file: string; readonly ladder: LoadLadder }[];
}

const time = z.number().finite();
const count = z.number().int().nonnegative();
const bytes = z.number().nonnegative();
const triple = z.tuple([z.number(), z.number(), z.number()]);

const environmentSchema: z.ZodType<Environment> = z.looseObject({
  target: z.enum(['local', 'proxmox']),
  acceleration: z.enum(['kvm', 'tcg', 'simulated']).nullable(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
});

const counterSample = z.looseObject({
  time,
  cpuTotalTicks: z.number().nonnegative(),
  cpuIdleTicks: z.number().nonnegative(),
  memoryTotalBytes: bytes,
  memoryAvailableBytes: bytes,
  loadAverage: triple,
  rootTotalBytes: bytes,
  rootUsedBytes: bytes,
  pressureMicroseconds: z.looseObject({ cpu: z.number(), memory: z.number(), io: z.number() }).nullable(),
  ksmSharedBytes: bytes.nullable(),
  guests: z.array(z.looseObject({ vmid: count, cpuTicks: z.number().nonnegative(), residentBytes: bytes })),
  samplerCpuSeconds: z.number().nonnegative(),
});

const visitSchema: z.ZodType<ResourceVisit> = z.looseObject({
  visit: count,
  block: count,
  level: count,
  runningGuests: z.array(z.string()),
  changes: z.array(
    z.looseObject({
      guest: z.string(),
      action: z.enum(['start', 'shutdown', 'stop']),
      startedAt: time,
      taskSeconds: z.number().nonnegative(),
      readySeconds: z.number().nonnegative().nullable(),
    }),
  ),
  changedAt: time,
  settledAt: time.nullable(),
  settleRule: z.string(),
  ticksPerSecond: z.number().positive(),
  cpus: z.number().int().positive(),
  settlingSamples: z.array(counterSample).optional(),
  samples: z.array(counterSample),
  apiSamples: z.array(
    z.looseObject({
      time,
      cpuFraction: z.number().nullable(),
      memoryUsedBytes: bytes.nullable(),
      memoryTotalBytes: bytes.nullable(),
      loadAverage: triple.nullable(),
      rootUsedBytes: bytes.nullable(),
      rootTotalBytes: bytes.nullable(),
      guests: z.array(
        z.looseObject({
          vmid: count,
          status: z.string(),
          cpuFraction: z.number().nullable(),
          memoryBytes: bytes.nullable(),
        }),
      ),
    }),
  ),
  fault: z.string().nullable(),
});

const transfer = z.looseObject({
  client: z.string(),
  url: z.string(),
  kind: z.enum(['page', 'asset']),
  page: count,
  intendedAt: time,
  startedAt: time,
  firstByteAt: time.nullable(),
  endedAt: time,
  status: z.number().nullable(),
  bytes,
  error: z.string().nullable(),
  late: z.literal(true).optional(),
});

const pageTiming = z.looseObject({
  client: z.string(),
  page: count,
  url: z.string(),
  intendedAt: time,
  domContentLoadedAt: time.nullable(),
  loadAt: time.nullable(),
  firstContentfulPaintAt: time.nullable(),
  largestContentfulPaintAt: time.nullable(),
});

const sessionCounters = counterSample.extend({
  ticksPerSecond: z.number().positive(),
  cpus: z.number().int().positive(),
});

const sessionSchema: z.ZodType<QosSession> = z.looseObject({
  session: count,
  guest: z.string(),
  role: z.string(),
  clients: z.array(z.looseObject({ name: z.string(), address: z.string() })),
  serverAddress: z.string().regex(/^\d+\.\d+\.\d+\.\d+$/, 'not an IPv4 address'),
  serverPort: z.number().int().min(1).max(65535),
  startedAt: time,
  endedAt: time,
  seed: z.number(),
  reader: z.string(),
  thinkSeconds: z.array(z.number()),
  transfers: z.array(transfer),
  pageTimings: z.array(pageTiming).optional(),
  warmUp: z.array(transfer).optional(),
  captures: z.array(
    z.looseObject({
      file: z.enum(['client.pcap', 'server.pcap']),
      interface: z.string(),
      where: z.enum(['client', 'server']),
      filter: z.string(),
      sha256: z.string(),
      captured: count.nullable(),
      droppedByKernel: count.nullable(),
      cpuSeconds: z.number().nonnegative().nullable().optional(),
      offloads: z.record(z.string(), z.boolean()),
    }),
  ),
  guestOffloads: z.record(z.string(), z.boolean()).nullable().optional(),
  link: z
    .looseObject({
      shape: linkShapeSchema,
      delayMadeIn: z.enum(['node', 'guest']).nullable(),
      dropped: z.looseObject({ toServer: count, toClient: count }).nullable(),
    })
    .optional(),
  nodeCounters: z.looseObject({ before: sessionCounters, after: sessionCounters }).nullable().optional(),
  sharedClock: z.boolean(),
  probe: z.looseObject({ method: z.string(), roundTripSeconds: z.array(z.number().nullable()) }),
  fault: z.string().nullable(),
});

const destroyedSchema: z.ZodType<DestroyedGuest[]> = z.array(
  z.looseObject({ guest: z.string(), startedAt: time.nullable(), endedAt: time.nullable() }),
);

/** Reads and checks everything before anything is analysed; all faults of all files are in one error. */
export function readRawRun(directory: string): RawRun {
  const faults: string[] = [];
  const read = <T>(path: string, schema: z.ZodType<T>): T | null => {
    const file = join(directory, path);
    try {
      const result = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
      if (result.success) return result.data;
      for (const issue of result.error.issues) {
        faults.push(`${file}: ${issue.path.join('.') || 'the file as a whole'}: ${issue.message}`);
      }
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      faults.push(`${file}: ${missing ? 'the file is missing' : (error as Error).message}`);
    }
    return null;
  };

  if (!existsSync(directory)) throw new RawDataFault([`${directory}: there is no such run`]);
  const plan = read('plan.json', planSchema);
  const environment = read('raw/environment.json', environmentSchema);
  const visits = list(join(directory, 'raw/resources'))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const file = `raw/resources/${name}`;
      const visit = read(file, visitSchema);
      return visit === null ? [] : [{ file, visit }];
    });
  const sessions = list(join(directory, 'raw/qos'))
    .filter((name) => existsSync(join(directory, 'raw/qos', name, 'session.json')))
    .map((name) => {
      const session = read(join('raw/qos', name, 'session.json'), sessionSchema);
      return session && { directory: join(directory, 'raw/qos', name), session };
    });
  const destroyed = existsSync(join(directory, 'raw/destroy.json'))
    ? read('raw/destroy.json', destroyedSchema)
    : [];
  const ladders = list(join(directory, 'raw/load'))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const file = `raw/load/${name}`;
      const ladder = read(file, ladderSchema);
      return ladder === null ? [] : [{ file, ladder }];
    });
  if (faults.length > 0 || plan === null || environment === null) throw new RawDataFault(faults);
  return {
    directory,
    plan,
    environment,
    visits: visits.map(({ visit }) => visit),
    visitFiles: new Map(visits.map(({ file, visit }) => [visit.visit, file])),
    destroyed: destroyed ?? [],
    sessions: sessions.filter((session) => session !== null),
    ladders,
  };
}

/** Sorted, so that the result does not depend on the file system. */
function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}
