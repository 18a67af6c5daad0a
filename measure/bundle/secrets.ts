/**
 * What must never leave this machine. The raw data has no place for it; but lab.yaml may hold anything in a comment, and
 * a fault's words are those of whatever failed.
 */
const kinds: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/],
  ['a token of the API', /[\w.-]+@[\w.-]+![\w.-]+=[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F-]{22}/],
  ['a ticket of the API', /PVE(?:[A-Z]*):[\w.@!-]+:[0-9A-F]{8}::[\w+/=]{20}/],
];

/** Longer than any match that its beginning or end tells, so that none is missed between two chunks. */
const OVERLAP = 4096;
/** Shorter values are words that stand anywhere. */
const SHORTEST = 6;

/** Looks for secrets in a text that comes in chunks. */
export class SecretScan {
  /** What was found, in words that do not repeat it. */
  readonly found = new Set<string>();
  private tail = '';
  private readonly known: readonly string[];

  /** `known`: values of this machine that are secret, such as the token with which its lab is deployed. */
  constructor(known: readonly string[]) {
    this.known = known
      .map((value) => Buffer.from(value.trim()).toString('latin1'))
      .filter(({ length }) => length >= SHORTEST);
  }

  see(chunk: Buffer): void {
    // Byte by byte, as captures are no text.
    const text = this.tail + chunk.toString('latin1');
    for (const [name, pattern] of kinds) if (pattern.test(text)) this.found.add(name);
    if (this.known.some((value) => text.includes(value))) this.found.add('a secret of this machine');
    this.tail = text.slice(-OVERLAP);
  }
}
