import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { PageState } from './page-state';
import type { NumberedReading } from './run-events';
import type { RunWatch, WatchNews } from './run-watch';

const PAGE = join(__dirname, 'page');

/** What is served as it is, and nothing else of the disk. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '': ['index.html', 'text/html; charset=utf-8'],
  'watch.js': ['watch.js', 'text/javascript; charset=utf-8'],
  'charts.js': ['charts.js', 'text/javascript; charset=utf-8'],
  'plan.js': ['plan.js', 'text/javascript; charset=utf-8'],
  'watch.css': ['watch.css', 'text/css; charset=utf-8'],
};

/** The page has scripts and styles of its own alone. The report brings its style along, and no script runs in it. */
const POLICY = {
  page: "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  report:
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
} as const;

const HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

interface Answer {
  /** @default 200 */
  readonly status?: number;
  /** @default plain text */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default the page's */
  readonly policy?: string;
  readonly body?: string | Buffer;
  /** Not one answer, but events for as long as the page is open. */
  readonly isEvents?: boolean;
}

const NOT_FOUND: Answer = { status: 404, body: 'there is no such page\n' };

/** Pages that may be open at once. */
const MOST_PAGES = 16;
/** Bytes that a page may be behind; one that reads no more is let go, and begins where it was when it comes back. */
const MOST_BEHIND = 4 * 1024 * 1024;
/** Milliseconds: how soon a page comes back, and how often one that hears nothing hears that. */
const RETRY = 1000;
const HEARTBEAT = 15_000;

/** Serves one run's page on 127.0.0.1, to whom has the token; it reads and changes nothing. */
export class WatchServer {
  private readonly pages = new Set<ServerResponse>();
  private readonly server: Server;
  private readonly heartbeat: NodeJS.Timeout;

  private constructor(
    private readonly watch: RunWatch,
    private readonly token: string,
  ) {
    this.server = createServer((request, response) => this.answer(request, response));
    this.heartbeat = setInterval(() => this.send(': still here\n\n'), HEARTBEAT).unref();
  }

  /** `port` 0 = any that is free. Rejects with EADDRINUSE where somebody has it. */
  static async listen(watch: RunWatch, token: string, port: number): Promise<WatchServer> {
    const made = new WatchServer(watch, token);
    made.server.listen(port, '127.0.0.1');
    try {
      await once(made.server, 'listening');
    } catch (error) {
      clearInterval(made.heartbeat);
      throw error;
    }
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/${this.token}/`;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get openPages(): number {
    return this.pages.size;
  }

  tell({ state, readings }: WatchNews): void {
    if (this.pages.size === 0) return;
    const text = `${state ? stateEvent(state) : ''}${readings.map(readingEvent).join('')}`;
    if (text) this.send(text);
  }

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    this.server.close();
    this.server.closeAllConnections();
    if (this.server.listening) await once(this.server, 'close');
  }

  private send(text: string): void {
    for (const page of this.pages) {
      if (page.writableLength > MOST_BEHIND) page.destroy();
      else page.write(text);
    }
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { isEvents, ...answer } = this.answerTo(request);
    if (isEvents) {
      this.follow(request, response);
      return;
    }
    const { status = 200, type = 'text/plain; charset=utf-8', policy = POLICY.page, body, headers } = answer;
    response.writeHead(status, {
      ...HEADERS,
      ...headers,
      'Content-Type': type,
      'Content-Security-Policy': policy,
    });
    response.end(body);
  }

  private answerTo({ method, url = '', headers: { host = '' } }: IncomingMessage): Answer {
    // A page of another name that leads here (DNS rebinding) says so.
    if (![`127.0.0.1:${this.port}`, `localhost:${this.port}`].includes(host)) {
      return { status: 403, body: 'this host is not known here\n' };
    }
    if (method !== 'GET') {
      return { status: 405, headers: { Allow: 'GET' }, body: 'this page is to be read only\n' };
    }
    const [, token = '', ...rest] = (url.split('?')[0] ?? '').split('/');
    const isAllowed = this.isToken(token) && rest.length > 0;
    return (isAllowed ? this.find(rest.join('/')) : undefined) ?? NOT_FOUND;
  }

  private find(path: string): Answer | undefined {
    const file = Object.hasOwn(FILES, path) ? FILES[path] : undefined;
    if (file) return { type: file[1], body: readFileSync(join(PAGE, file[0])) };
    if (path === 'events') {
      const isFull = this.pages.size >= MOST_PAGES;
      return isFull ? { status: 503, body: 'too many pages are open\n' } : { isEvents: true };
    }
    if (path === 'report.html') return report(readIfThere(this.watch.reportFile));
    if (path === 'report-so-far.html') return report(this.watch.reportSoFar());
    const visit = /^visits\/([\w-]+)\.json$/.exec(path)?.[1];
    const readings = visit && this.watch.readingsOf(visit);
    return readings ? { type: 'application/json', body: JSON.stringify(readings) } : undefined;
  }

  /** Events for as long as the page is open: first all that it does not have yet. */
  private follow(request: IncomingMessage, response: ServerResponse): void {
    const last = Number(request.headers['last-event-id']);
    response.writeHead(200, { ...HEADERS, 'Content-Type': 'text/event-stream' });
    response.write(`retry: ${RETRY}\n\n${stateEvent(this.watch.state())}`);
    for (const reading of this.watch.readingsAfter(Number.isSafeInteger(last) ? last : 0)) {
      response.write(readingEvent(reading));
    }
    this.pages.add(response);
    for (const end of ['close', 'error']) response.on(end, () => this.pages.delete(response));
  }

  private isToken(given: string): boolean {
    const [a, b] = [Buffer.from(given), Buffer.from(this.token)];
    return a.length === b.length && timingSafeEqual(a, b);
  }
}

function stateEvent(state: PageState): string {
  return `event: state\ndata: ${JSON.stringify(state)}\n\n`;
}

function readingEvent({ id, visit, reading }: NumberedReading): string {
  return `id: ${id}\nevent: reading\ndata: ${JSON.stringify({ visit, ...reading })}\n\n`;
}

function report(html: string | Buffer | undefined): Answer {
  const type = 'text/html; charset=utf-8';
  if (html !== undefined) return { type, policy: POLICY.report, body: html };
  return { status: 404, policy: POLICY.report, body: 'Nothing is finished yet that could be reported.\n' };
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
