import { InputError } from './input-error';

/** A fault with its place in the file; line and column count from 1. */
export interface PlacedFault {
  readonly line: number;
  readonly column: number;
  /** For example guests[1].address; empty for the file as a whole. */
  readonly path: string;
  readonly message: string;
}

/** All that is wrong with a file that the user wrote, at once and in the order of the file. */
export class FaultyFileError extends InputError {
  override readonly name = 'FaultyFileError';
  readonly faults: readonly PlacedFault[];

  constructor(
    readonly file: string,
    faults: readonly PlacedFault[],
    options?: ErrorOptions,
  ) {
    const sorted = faults.toSorted((one, two) => one.line - two.line || one.column - two.column);
    const lines = sorted.map(
      ({ line, column, path, message }) =>
        `  ${file}:${line}:${column}  ${path}${path ? ': ' : ''}${message}`,
    );
    const count = sorted.length === 1 ? '1 fault' : `${sorted.length} faults`;
    super(`${file} has ${count}; nothing was done\n${lines.join('\n')}`, options);
    this.faults = sorted;
  }
}
