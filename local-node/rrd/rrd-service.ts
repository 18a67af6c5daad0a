import type { LocalNode } from '../node';
export class RrdService {
  constructor(readonly node: LocalNode) {}
  async start(): Promise<void> {}
}
