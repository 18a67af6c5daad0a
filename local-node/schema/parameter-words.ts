/** The types of parameters as the call types name them. */

export interface Text {
  readonly type: 'string';
}

export interface Word<Words extends string> {
  readonly type: 'string';
  readonly enum: readonly Words[];
}

export interface Count {
  readonly type: 'integer' | 'number';
}

export interface Flag {
  readonly type: 'boolean';
}

export interface List {
  readonly type: 'array';
}

/** One that may be left out. */
export type Maybe<Type> = Type & { readonly optional: true };
