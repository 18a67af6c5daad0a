/** Schemas of parameters in the manner of Proxmox VE. */

interface Common {
  readonly optional?: boolean;
  /** Another parameter that must be given with this one. */
  readonly requires?: string;
}

/** Checks a string; throws an Error whose message says what is wrong with it. */
export type Format = (value: string) => void;

export interface StringSchema extends Common {
  readonly type: 'string';
  readonly enum?: readonly string[];
  readonly pattern?: RegExp;
  readonly minLength?: number;
  readonly maxLength?: number;
  /**
   * Which control characters may be in it: those of several lines, or any. Only for what is encoded where it is
   * written, or goes to the guest.
   * @default none
   */
  readonly controls?: 'lines' | 'any';
  /** A check, or the keys of a property string such as "virtio,bridge=vmbr0". */
  readonly format?: Format | PropertyFormat;
}

export interface NumberSchema extends Common {
  readonly type: 'integer' | 'number';
  readonly minimum?: number;
  readonly maximum?: number;
  /** A check of the value as it was written, for example that it is a vmid. */
  readonly format?: Format;
}

export interface BooleanSchema extends Common {
  readonly type: 'boolean';
}

/** Given once or several times; always a list for the handler. */
export interface ArraySchema extends Common {
  readonly type: 'array';
  readonly items: StringSchema;
}

/** A string that the handler gets as its parts: a drive, a network interface. */
export interface PropertySchema extends Common {
  readonly type: 'string';
  /** `path` names the parameter in errors. Throws an Error whose message says what is wrong. */
  readonly parse: (text: string, path: string) => PropertyValues;
}

export type ParameterSchema = StringSchema | NumberSchema | BooleanSchema | ArraySchema | PropertySchema;

/** Keys of a property string. `defaultKey` is the one that may be written without its name. */
export interface PropertyFormat {
  readonly defaultKey?: string;
  readonly keys: Readonly<Record<string, ScalarSchema>>;
  /** Other names of a key, such as `volume` for `file`. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Keys that Proxmox VE knows and the local node refuses by their names. */
  readonly refused?: readonly string[];
}

export type ScalarSchema = StringSchema | NumberSchema | BooleanSchema;
export type Scalar = string | number | boolean;

/** The parts of a property string, by key. */
export type PropertyValues = Readonly<Record<string, Scalar | undefined>>;

export type ParameterValue = Scalar | readonly string[] | PropertyValues | undefined;

/** The same schema for name0 ... name<count-1>, all optional: net0 to net31. */
export function indexed<T extends ParameterSchema>(
  name: string,
  count: number,
  schema: T,
): Record<string, T> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${name}${index}`, { ...schema, optional: true }]),
  );
}
