import { ApiError } from '../base/api-error';

/** An answer that carries more than `data`, such as the `total` of a list. */
export class AnswerWith {
  constructor(
    readonly data: unknown,
    readonly attributes: Readonly<Record<string, unknown>>,
  ) {}
}

/** What goes back over HTTP. */
export interface WireAnswer {
  readonly status: number;
  /** Reason phrase; the usual one if undefined. Errors without a body are told by it alone. */
  readonly reason?: string;
  readonly contentType?: string;
  /** Besides the usual ones, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export type Formatter = 'json' | 'extjs';

const JSON_TYPE = 'application/json;charset=UTF-8';

/** An answer that several calls get; it is written down once. */
export class SharedAnswer {
  private readonly bodies = new Map<Formatter, Buffer>();

  constructor(private readonly result: unknown) {}

  body(formatter: Formatter): Buffer {
    const body = this.bodies.get(formatter) ?? Buffer.from(bodyOf(formatter, this.result));
    this.bodies.set(formatter, body);
    return body;
  }
}

export function success(formatter: Formatter, result: unknown): WireAnswer {
  const body = result instanceof SharedAnswer ? result.body(formatter) : bodyOf(formatter, result);
  return { status: 200, contentType: JSON_TYPE, body };
}

function bodyOf(formatter: Formatter, result: unknown): string {
  const { data, attributes } = result instanceof AnswerWith ? result : { data: result, attributes: {} };
  return JSON.stringify({
    data: data ?? null,
    ...attributes,
    ...(formatter === 'extjs' ? { success: 1 } : {}),
  });
}

/** Proxmox VE tells an error twice: in the reason phrase and, except for a failed authentication, in the body. */
export function failure(formatter: Formatter, error: ApiError): WireAnswer {
  const { status, errors } = error;
  const reason = error.message.replace(/[^\x20-\x7e]+/g, ' ').trim();
  // Its own words end with a newline; those of its dispatcher do not.
  const message = status === 501 || error.message.endsWith('\n') ? error.message : `${error.message}\n`;
  const body = { data: null, message, ...(errors ? { errors } : {}) };
  if (formatter === 'extjs') {
    return { status: 200, contentType: JSON_TYPE, body: JSON.stringify({ ...body, success: 0, status }) };
  }
  return { status, reason, contentType: JSON_TYPE, body: JSON.stringify(body) };
}

/** An error with no body, or with a plain text. */
export function plain(status: number, reason: string, body = ''): WireAnswer {
  return { status, reason, body, ...(body ? { contentType: 'text/plain' } : {}) };
}

/** 401 has no body, except that of a failed login, which is an answer of its method. */
export class NotAuthenticated extends Error {
  override readonly name = 'NotAuthenticated';
}

export function notImplemented(method: string, path: string): ApiError {
  return new ApiError(501, `Method '${method} ${path}' not implemented`);
}
