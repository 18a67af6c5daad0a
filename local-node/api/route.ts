import type { LocalNode } from '../node';
import type { ParameterSchema } from './parameters';

/** Who calls: a user and, if a token was shown, its id. */
export interface Caller {
  /** user@realm */
  readonly userId: string;
  readonly tokenId?: string;
}

/** A file of a multipart upload, already on disk in a temporary place that is removed after the call. */
export interface UploadedFile {
  readonly path: string;
  readonly fileName: string;
  readonly bytes: number;
}

/** One call after authentication, permission check and parameter validation. */
export interface Call {
  readonly caller: Caller;
  /** Path, query and form parameters, typed as their schema says; absent optional ones are undefined. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly file?: UploadedFile;
}

export type ParameterValue = string | number | boolean | readonly string[] | undefined;

/**
 * Privileges that a call needs: one of `anyOf` on `path`, in which {vmid}, {storage} ... are filled in from the parameters.
 * 'authenticated' = any user; 'open' = nobody need log in; 'self' = the handler filters or checks by itself.
 */
export type Permission =
  | 'open'
  | 'authenticated'
  | 'self'
  | { readonly path: string; readonly anyOf: readonly string[] };

/** One method of the API. Its handler unpacks, delegates to a service and wraps: a few lines. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As Proxmox VE's own documentation writes it: /nodes/{node}/qemu/{vmid}/config */
  readonly path: string;
  readonly permission: Permission;
  /** All parameters; one that is not named here is refused, as Proxmox VE does. */
  readonly parameters: Readonly<Record<string, ParameterSchema>>;
  /** What becomes `data` of the answer; undefined becomes null. Throws HttpError for any other answer. */
  handle(node: LocalNode, call: Call): unknown;
}
