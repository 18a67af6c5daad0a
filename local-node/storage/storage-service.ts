import type { LocalNode } from '../node';

export class StorageService {
  constructor(readonly node: LocalNode) {}
  async start(): Promise<void> {}
}
