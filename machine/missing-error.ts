/** Something that a command needs is not on this machine. The message says what, and how to get it. */
export class MissingError extends Error {
  override readonly name: string = 'MissingError';
}
