import type { LocalNode } from '../node';
export class HostService {
  constructor(readonly node: LocalNode) {}
  async start(): Promise<void> {}
}
