import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the proxy does to one request. `before`: the node never hears of it; else its answer does not come through. */
export type Fault =
  | { readonly kind: 'status'; readonly code: number; readonly before: boolean }
  | { readonly kind: 'hang' | 'close'; readonly before: boolean }
  | { readonly kind: 'cut' | 'slow' }
  | { readonly kind: 'task'; readonly exitStatus: string }
  | { readonly kind: 'kill'; readonly what: 'terraform' | 'node'; readonly before: boolean };

/** A connection that hangs is closed in the end, as by a firewall between; milliseconds. */
const HANG = 2_000;
const SLOW_PAUSE = 2;
/** So many pieces of an answer come slowly. */
const SLOW_PIECES = 200;

export interface Upstream {
  readonly endpoint: string;
  readonly caFile: string;
  readonly keyFile: string;
}

/**
 * An HTTPS proxy between the provider and the local node, with the node's own certificate. `choose` is asked for each
 * request whether and how it goes wrong.
 */
export class FaultProxy {
  choose: (call: string) => Fault | undefined = () => undefined;
  /** Ends what the fault names. */
  kill: (what: 'terraform' | 'node') => Promise<void> = async () => undefined;

  private server: Server | undefined;
  private agent: Agent | undefined;

  /** `upstream` is asked for each request: a node that was killed comes up at another port. */
  constructor(private readonly upstream: () => Upstream) {}

  async listen(): Promise<void> {
    const { caFile, keyFile } = this.upstream();
    this.agent = new Agent({ ca: readFileSync(caFile), keepAlive: false });
    const server = createServer({ cert: readFileSync(caFile), key: readFileSync(keyFile) });
    server.on('request', (asked, answer) => {
      this.serve(asked, answer).catch(() => answer.destroy());
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    this.server = server;
  }

  get endpoint(): string {
    const { port } = this.listening().address() as AddressInfo;
    return `https://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    const server = this.listening();
    server.closeAllConnections();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }

  private listening(): Server {
    if (!this.server) throw new Error('the proxy does not listen yet');
    return this.server;
  }

  private async serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await readAll(asked);
    const fault = this.choose(callOf(asked));
    if (fault && 'before' in fault && fault.before) {
      await this.fail(fault, answer);
      return;
    }
    const { status, headers, body: whole } = await this.ask(asked, body);
    const text = fault?.kind === 'task' ? withExitStatus(whole, fault.exitStatus) : whole;
    if (fault && 'before' in fault) {
      await this.fail(fault, answer);
      return;
    }
    answer.writeHead(status, { ...headers, 'content-length': text.length });
    if (fault?.kind === 'cut') {
      answer.write(text.subarray(0, Math.floor(text.length / 2)));
      await sleep(20);
      answer.destroy();
      return;
    }
    if (fault?.kind === 'slow') await writeSlowly(answer, text);
    else answer.end(text);
  }

  private async fail(fault: Fault & { readonly before: boolean }, answer: ServerResponse): Promise<void> {
    if (fault.kind === 'status') {
      answer.writeHead(fault.code, `injected ${fault.code}`, { 'content-type': 'application/json' });
      answer.end('{"data":null}');
      return;
    }
    if (fault.kind === 'kill') await this.kill(fault.what);
    if (fault.kind === 'hang') await sleep(HANG);
    answer.destroy();
  }

  private ask(
    asked: IncomingMessage,
    body: Buffer,
  ): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
    const { endpoint } = this.upstream();
    return new Promise((resolve, reject) => {
      const call = request(
        new URL(asked.url ?? '/', endpoint),
        { method: asked.method, headers: asked.headers, agent: this.agent },
        (got) => {
          const type = got.headers['content-type'];
          readAll(got).then(
            (whole) =>
              resolve({
                status: got.statusCode ?? 500,
                headers: type ? { 'content-type': type } : {},
                body: whole,
              }),
            reject,
          );
        },
      );
      call.on('error', reject);
      call.end(body);
    });
  }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function writeSlowly(answer: ServerResponse, text: Buffer): Promise<void> {
  const step = Math.max(1, Math.ceil(text.length / SLOW_PIECES));
  for (let at = 0; at < text.length; at += step) {
    answer.write(text.subarray(at, at + step));
    await sleep(SLOW_PAUSE);
  }
  answer.end();
}

/** The status of a task that has ended, as if it had ended otherwise; anything else as it is. */
function withExitStatus(text: Buffer, exitStatus: string): Buffer {
  const answer = JSON.parse(text.toString()) as { data?: { status?: string; exitstatus?: string } };
  if (answer.data?.status !== 'stopped') return text;
  return Buffer.from(JSON.stringify({ ...answer, data: { ...answer.data, exitstatus: exitStatus } }));
}

/** The kind of a request: its method and path, with names and numbers left out. */
function callOf({ method = '', url = '' }: IncomingMessage): string {
  const path = (url.split('?')[0] ?? '')
    .replace('/api2/json', '')
    .replace(/\/tasks\/UPID[^/]*/, '/tasks/UPID')
    .replace(/\/content\/.+/, '/content/VOLUME')
    .replace(/\/qemu\/\d+/, '/qemu/VMID')
    .replace(/\/network\/\w+/, '/network/IFACE');
  return `${method} ${path}`;
}
