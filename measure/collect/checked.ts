import type { z } from 'zod';
import type { ReadOnly } from '../../config/read-only';

/** A program on the node printed something other than a record; the message names program, field and value. */
export class RecordFault extends Error {
  override readonly name = 'RecordFault';
}

/** What a program has printed, checked as it comes. Throws RecordFault. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  program: string,
): ReadOnly<z.infer<Schema>> {
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data as ReadOnly<z.infer<Schema>>;
  const faults = result.error.issues.map(({ path, message, input }) => {
    const shown = input === undefined ? 'nothing' : JSON.stringify(input).slice(0, 80);
    return `${path.join('.') || 'the record'}: ${message} (it is ${shown})`;
  });
  throw new RecordFault(`${program} printed a record that is wrong: ${faults.join('; ')}`);
}
