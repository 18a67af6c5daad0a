import type { Caller } from '../base/caller';
import type { ParameterSchema, ParameterValue } from '../formats/schema';
import type { LocalNode } from '../node';
import type { UploadedFile } from '../storage/file-intake';

/** One call after authentication, permission check and parameter validation. */
export interface Call {
  readonly caller: Caller;
  /** Path, query and form parameters, typed as their schema says; absent optional ones are undefined. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  readonly file?: UploadedFile;
}

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
  /** What becomes `data` of the answer; undefined becomes null. Throws ApiError for any other answer. */
  handle(node: LocalNode, call: Call): unknown;
}
