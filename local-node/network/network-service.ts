import type { LocalNode } from '../node';
export class NetworkService {
  constructor(readonly node: LocalNode) {}
  async start(): Promise<void> {}
}
