/** Who calls: a user and, if a token was shown, its id. */
export interface Caller {
  /** user@realm */
  readonly userId: string;
  readonly tokenId?: string;
}

/** user@realm, or user@realm!token. */
export function callerName({ userId, tokenId }: Caller): string {
  return tokenId ? `${userId}!${tokenId}` : userId;
}

/** Some options are for root@pam alone, and not for its tokens. */
export function isRoot({ userId, tokenId }: Caller): boolean {
  return userId === 'root@pam' && tokenId === undefined;
}
