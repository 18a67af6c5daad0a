/** A type whose fields and lists cannot be changed, all the way down. */
export type ReadOnly<T> = T extends (infer _Item)[] | object
  ? { readonly [Key in keyof T]: ReadOnly<T[Key]> }
  : T;
