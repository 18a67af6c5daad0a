import type { ConnectOverCDPTransport } from 'playwright-core';
import type { RunningCommand } from '../../../proxmox/node-shell';

/**
 * Chromium's --remote-debugging-pipe over a command's standard streams: messages of the Chrome DevTools Protocol as JSON,
 * each ended by a NUL. No port is opened anywhere, and a browser whose pipe closes ends by itself.
 */
export class CdpTransport implements ConnectOverCDPTransport {
  onmessage?: (message: object) => void;
  onclose?: (reason?: string) => void;
  private readonly partial: Buffer[] = [];

  constructor(private readonly running: RunningCommand) {
    running.stdin.on('error', () => {}); // The browser has ended; `ended` says so.
    running.stdout.on('data', (chunk: Buffer) => this.take(chunk));
    running.ended.then(
      () => this.onclose?.('the browser ended'),
      (error: Error) => this.onclose?.(error.message),
    );
  }

  send(message: object): void {
    this.running.stdin.write(`${JSON.stringify(message)}\0`);
  }

  close(): void {
    this.running.stdin.end();
  }

  /** Messages come in pieces of any size; a message is decoded only when it is whole, as a piece may end inside a character. */
  private take(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(0); end !== -1; end = chunk.indexOf(0, start)) {
      this.partial.push(chunk.subarray(start, end));
      const text = Buffer.concat(this.partial.splice(0)).toString('utf8');
      start = end + 1;
      this.onmessage?.(JSON.parse(text) as object);
    }
    if (start < chunk.length) this.partial.push(chunk.subarray(start));
  }
}
