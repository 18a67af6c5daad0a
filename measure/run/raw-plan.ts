import { z } from 'zod';
import type { RunPlan } from './raw-data';

/** What measure/run/raw-data.ts says of plan.json. */

const count = z.number().int().nonnegative();

const network = z.looseObject({
  bridge: z.string(),
  cidr: z.string(),
  gateway: z.string(),
  rateBitsPerSecond: z.number().positive().optional(),
});
export const linkShapeSchema = z.looseObject({
  rateBitsPerSecond: z.number().positive().optional(),
  delayMs: z.number().positive().optional(),
  jitterMs: z.number().positive().optional(),
  lossPercent: z.number().positive().optional(),
});
const precision = <Metric extends string>(...metrics: readonly [Metric, ...Metric[]]) =>
  z.looseObject({ metric: z.enum(metrics), relativeWidth: z.number().positive() }).optional();
export const planSchema: z.ZodType<RunPlan> = z.looseObject({
  run: z.string(),
  planName: z.string(),
  plan: z.looseObject({
    resources: z
      .looseObject({
        blocks: count,
        intervalSeconds: z.number(),
        samples: count,
        settleSeconds: z.number(),
        settleAtLeastSeconds: z.number().optional(),
        precision: precision('cpuPercent', 'memoryUsedBytes'),
      })
      .optional(),
    qos: z
      .looseObject({
        sessions: count,
        clients: count,
        pages: count,
        thinkSeconds: z.tuple([z.number(), z.number()]),
        probes: count,
        precision: precision('pageLoadSeconds', 'firstByteSeconds'),
      })
      .optional(),
    load: z
      .looseObject({
        repetitions: count,
        pages: count,
        rates: z.looseObject({
          first: z.number().positive(),
          factor: z.number().gt(1),
          steps: count,
          refinements: count,
        }),
        stepSeconds: z.number().positive(),
        drainSeconds: z.number().positive(),
        inFlight: count,
        limits: z.looseObject({
          answeredPercent: z.number(),
          latencySeconds: z.number(),
          growthPercent: z.number(),
        }),
      })
      .optional(),
  }),
  scenarios: z.array(z.enum(['resources', 'qos', 'load'])),
  seed: z.number(),
  registeredAt: z.string(),
  levelOrder: z.array(z.array(count)),
  sessionOrder: z.array(z.string()),
  ladderOrder: z.array(z.string()).optional(),
  reader: z.enum(['scripted', 'browser']).optional(),
  lab: z.looseObject({
    name: z.string(),
    nodeName: z.string(),
    networks: z.looseObject({ servers: network, clients: network.extend(linkShapeSchema.shape) }),
    guests: z.array(
      z.looseObject({
        name: z.string(),
        role: z.enum(['wordpress', 'moodle', 'mediawiki']),
        vmid: count,
        address: z.string(),
        cores: count,
        memoryMiB: z.number(),
        diskGiB: z.number(),
        image: z.string(),
      }),
    ),
    clients: z.array(z.looseObject({ name: z.string(), address: z.string() })),
    images: z.looseObject({ source: z.enum(['template', 'cloud']), cloud: z.record(z.string(), z.any()) }),
  }),
  missingApplications: z.array(z.looseObject({ guest: z.string(), reason: z.string() })),
});
