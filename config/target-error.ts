import { InputError } from './input-error';

export type TargetErrorCode =
  | 'local-node-down'
  | 'connection-file-broken'
  | 'environment-incomplete'
  | 'wrong-node';

/** The target cannot be reached for want of settings; the message names all of them. */
export class TargetError extends InputError {
  override readonly name = 'TargetError';
  constructor(
    readonly code: TargetErrorCode,
    message: string,
    options: { cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
