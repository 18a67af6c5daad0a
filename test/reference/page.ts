import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Holds a page of docs/reference to what it is made from; with UPDATE_DOCS set, writes it. */
export function expectPage(name: string, made: string): void {
  const file = join(__dirname, '../../docs/reference', name);
  if (process.env.UPDATE_DOCS) writeFileSync(file, made);
  expect(readFileSync(file, 'utf8')).toBe(made);
}
