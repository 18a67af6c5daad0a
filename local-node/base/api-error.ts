/** An answer of the API that is no success, in Proxmox VE's own wording. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
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
export function badParameters(errors: Readonly<Record<string, string>>): ApiError {
  return new ApiError(400, 'Parameter verification failed.', errors);
}
