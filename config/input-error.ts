/** Something that the user gave must be corrected: lab.yaml, the environment, an argument. The message says what and how. */
export class InputError extends Error {
  override readonly name: string = 'InputError';
}
