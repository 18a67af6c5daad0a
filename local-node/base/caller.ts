/** Who calls: a user and, if a token was shown, its id. */
export interface Caller {
  /** user@realm */
  readonly userId: string;
  readonly tokenId?: string;
}
