import type { LocalNode } from '../node';

export class GuestService {
  constructor(readonly node: LocalNode) {}
  async start(): Promise<void> {}
}
