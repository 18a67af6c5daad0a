import { z } from 'zod';
import { record } from './fields';

export const linkShapeRecord = record({
  rateBitsPerSecond: z.number().positive().optional(),
  delayMs: z.number().positive().optional(),
  jitterMs: z.number().positive().optional(),
  lossPercent: z.number().positive().optional(),
});

export const delayMadeIn = z
  .enum(['node', 'guest'])
  .nullable()
  .describe(
    'Where delay and jitter were made: on the node, between the two captures, each way; or in the guest, behind its tap, where the captures do not see it, twice the delay in what it sends. Null = there was none.',
  );
