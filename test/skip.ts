/**
 * `test`, or where the machine lacks something, a `test` that is skipped with the reason in its name: `npm test` prints
 * the reasons at its end. `lacking` undefined = nothing is lacking.
 */
export function testUnless(lacking: string | undefined): (name: string, body: () => Promise<void>) => void {
  if (lacking === undefined) return test;
  return (name, body) => test.skip(withReason(name, lacking), body);
}

/** The same for all tests of a `describe`. */
export function describeUnless(lacking: string | undefined): (name: string, body: () => void) => void {
  if (lacking === undefined) return describe;
  return (name, body) => describe.skip(withReason(name, lacking), body);
}

/** commands/test.ts finds the reason by these brackets. */
function withReason(name: string, lacking: string): string {
  return `${name} [skipped: ${lacking}]`;
}
