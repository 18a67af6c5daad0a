import { z } from 'zod';
import type { LoadLadder } from './raw-data';
import { linkShapeSchema } from './raw-plan';

/** What measure/run/raw-data.ts says of a ladder's file. */

const time = z.number().finite();
const count = z.number().int().nonnegative();

const request = z.looseObject({
  path: z.string(),
  intendedAt: time,
  startedAt: time.nullable(),
  held: z.boolean(),
  firstByteAt: time.nullable(),
  endedAt: time.nullable(),
  status: z.number().nullable(),
  bytes: z.number().nonnegative(),
  error: z.string().nullable(),
});

export const ladderSchema: z.ZodType<LoadLadder> = z.looseObject({
  ladder: count,
  guest: z.string(),
  role: z.string(),
  client: z.looseObject({ name: z.string(), address: z.string() }),
  serverAddress: z.string(),
  serverPort: z.number().int().min(1).max(65535),
  startedAt: time,
  endedAt: time,
  seed: z.number(),
  generator: z.string(),
  link: z
    .looseObject({ shape: linkShapeSchema, delayMadeIn: z.enum(['node', 'guest']).nullable() })
    .optional(),
  steps: z.array(
    z.looseObject({
      ratePerSecond: z.number().positive(),
      startedAt: time,
      seconds: z.number().positive(),
      warmUp: z.array(request),
      requests: z.array(request),
      generatorCpuSeconds: z.number().nonnegative(),
    }),
  ),
  fault: z.string().nullable(),
});
