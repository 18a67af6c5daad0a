import type { Caller } from '../base/caller';
import type { ParameterSchema, ParameterValue } from '../formats/schema';
import type { LocalNode } from '../node';
import type { UploadedFile } from '../storage/file-intake';
import type { Nodes } from './nodes';

/** One call after authentication, permission check and parameter validation. */
export interface Call<Parameters = Readonly<Record<string, ParameterValue>>> {
  readonly caller: Caller;
  /** All nodes of this API, for a parameter that names one. The path's own {node} is what the handler gets. */
  readonly nodes: Nodes;
  /** Path, query and form parameters, typed as their schema says; absent optional ones are undefined. */
  readonly parameters: Parameters;
  readonly file?: UploadedFile;
}

type Schemas = Readonly<Record<string, ParameterSchema>>;

type ValueOf<Schema> = Schema extends { readonly type: 'boolean' }
  ? boolean
  : Schema extends { readonly type: 'integer' | 'number' }
    ? number
    : Schema extends { readonly type: 'array' }
      ? readonly string[]
      : Schema extends { readonly enum: readonly (infer Word)[] }
        ? Word
        : Schema extends { readonly parse: (...given: never[]) => infer Parts }
          ? Parts
          : Schema extends {
                readonly format: (value: string) => asserts value is infer Checked extends string;
              }
            ? Checked
            : string;

/** The types of parameters, from their schemas. A schema counts as optional where its type says `optional: true`. */
export type ParametersOf<Given extends Schemas> = {
  readonly [Name in keyof Given]: Given[Name] extends { readonly optional: true }
    ? ValueOf<Given[Name]> | undefined
    : ValueOf<Given[Name]>;
};

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
  readonly parameters: Schemas;
  /** Does the call bring a file? All others are refused one before anything of it is read. */
  readonly acceptsFile?: true;
  /** Is it a list that costs so much that calls which wait at the same time should share it? Of GET alone. */
  readonly shared?: true;
  /** What becomes `data` of the answer; undefined becomes null. Throws ApiError for any other answer. */
  handle(node: LocalNode, call: Call): unknown;
}

/** A call with these parameters. */
export type CallOf<Given extends Schemas> = Call<ParametersOf<Given>>;

/** A route whose handler gets its parameters typed as `parameters` says. */
export function route<const Given extends Schemas>(
  definition: Omit<Route, 'parameters' | 'handle'> & {
    readonly parameters: Given;
    handle(node: LocalNode, call: CallOf<Given>): unknown;
  },
): Route {
  // Dispatch has the parameters validated by this very schema before it calls the handler.
  return definition as Route;
}
