/** An answer of the API that is no success, in Proxmox VE's own wording. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  constructor(
    readonly status: number,
    message: string,
    /** Wrong parameters by name; shown as `errors` in the body. */
    readonly errors?: Readonly<Record<string, string>>,
  ) {
    super(message);
  }
}

/** 400 "Parameter verification failed." with the text for each wrong parameter. */
export function badParameters(errors: Readonly<Record<string, string>>): HttpError {
  return new HttpError(400, 'Parameter verification failed.', errors);
}
