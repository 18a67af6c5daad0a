import { z } from 'zod';
import type { ReadOnly } from '../../../config/read-only';

/** What the records of a run are made of. A value that could not be had is null, never 0. */

/**
 * An object of a raw file. Fields that the schema does not know are kept as they are: a run of another version may have
 * them. The type has the known ones alone.
 */
export function record<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape) as unknown as z.ZodObject<Shape>;
}

/** The type of a record, read-only all the way down. */
export type RecordOf<Schema extends z.ZodType> = ReadOnly<z.infer<Schema>>;

/** Unix seconds with fractions. */
export const time = z.number().finite();
export const count = z.number().int().nonnegative();
export const bytes = z.number().nonnegative();
/** Said of a duration below 0, which is a fault of its record and not of the run. */
export const negativeDuration = 'a duration cannot be below 0';
export const seconds = z.number().nonnegative({ error: negativeDuration });
export const ticks = z.number().nonnegative();
export const loadAverages = z.tuple([z.number(), z.number(), z.number()]);
export const ipv4 = z.string().regex(/^\d+\.\d+\.\d+\.\d+$/, 'not an IPv4 address');
export const port = z.number().int().min(1).max(65535);
export const client = record({ name: z.string(), address: z.string() });
export const fault = z.string().nullable().describe('Why it is incomplete or missing; null = complete.');
