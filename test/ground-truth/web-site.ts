import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunningCommand } from '../../proxmox/node-shell';
import { NamespaceNode } from '../measure/collect/namespace-node';

const page = `<!doctype html><title>T</title><link rel="stylesheet" href="/style.css">
  <script src="/script.js"></script><h1>Title</h1><p>Text</p><img src="/picture.svg">
  <img src="http://other.example/x.png"><img src="http://192.168.10.1:8080/x.png">`;

/** A picture of about so many bytes. */
function drawing(bytes: number): string {
  const shape =
    '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="60"><rect width="90" height="60"/>';
  return `${shape}<!--${'x'.repeat(bytes)}--></svg>`;
}

/** Pages in the guest of a node of namespaces, served by python3's http.server; only a browser loads all that they ask for. */
export class WebSite {
  static readonly host = '192.168.10.29';
  static readonly port = 8080;
  static readonly files: Readonly<Record<string, string>> = {
    'index.html': page,
    'second.html': page,
    'style.css': 'body { background: url(background.svg) }',
    'script.js':
      "addEventListener('load', () => { fetch('/after.txt'); setTimeout(() => fetch('/poll.txt'), 1500) })",
    'after.txt': 'after',
    'poll.txt': 'poll',
    'favicon.ico': drawing(100),
    'picture.svg': drawing(300_000),
    'background.svg': drawing(50_000),
  };

  /** Lines of the server's log. */
  readonly asked: string[] = [];

  private constructor(
    readonly node: NamespaceNode,
    private readonly directory: string,
    private readonly server: RunningCommand,
  ) {
    server.stderr.on('data', (chunk: Buffer) => this.asked.push(chunk.toString('utf8')));
  }

  static async create(): Promise<WebSite> {
    const node = await NamespaceNode.create();
    const directory = mkdtempSync(join(tmpdir(), 'web-site-'));
    for (const [name, content] of Object.entries(WebSite.files))
      writeFileSync(join(directory, name), content);
    const server = await node.shell.start(
      node.inGuest(['python3', '-u', '-m', 'http.server', String(WebSite.port), '--directory', directory]),
    );
    await new Promise<void>((resolve) => server.stdout.once('data', () => resolve()));
    // Whatever a browser leaves in the node's /tmp is then its own; the server goes on to see the one before.
    await node.shell.run(['mount', '-t', 'tmpfs', 'tmpfs', '/tmp']);
    return new WebSite(node, directory, server);
  }

  /** Files that were left in the node's /tmp. */
  async left(): Promise<string> {
    return (await this.node.shell.run(['ls', '-A', '/tmp'])).stdout;
  }

  async remove(): Promise<void> {
    this.server.kill();
    await this.node.remove();
    rmSync(this.directory, { recursive: true });
  }
}
