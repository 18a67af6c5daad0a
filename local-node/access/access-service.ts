import type { Caller } from '../api/route';
import type { LocalNode } from '../node';

export class AccessService {
  constructor(readonly node: LocalNode) {}
  async start(): Promise<void> {}
  /** Does the caller have one of `anyOf` on `path`? */
  has(_caller: Caller, _path: string, _anyOf: readonly string[]): boolean {
    return true;
  }
  /** Throws 403 "Permission check failed (path, A|B)" unless the caller has one of `anyOf` on `path`. */
  check(_caller: Caller, _path: string, _anyOf: readonly string[]): void {}
}
