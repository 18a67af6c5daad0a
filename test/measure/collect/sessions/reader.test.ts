import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type ReaderScript, ScriptedReader } from '../../../../measure/collect/sessions/reader';
import { LocalShell } from '../local-shell';

jest.setTimeout(30_000);

describe('the scripted reader', () => {
  let server: Server;
  let port: number;
  let requests: { url: string; cookie: string | undefined }[] = [];
  let connections = 0;

  const pages: Record<string, (request: IncomingMessage, response: ServerResponse) => void> = {
    '/': (_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.setHeader('content-encoding', 'gzip');
      response.setHeader('set-cookie', ['session=abc; Path=/; HttpOnly', 'theme=light']);
      response.end(
        gzipSync(`<base href="/media/">
          <link rel="stylesheet" href="/style.css?ver=1"><link rel="canonical" href="/elsewhere">
          <script src="script.js"></script><img src="a.png#top"><img src="a.png">
          <img src="late.png" loading="lazy"><img src="//cdn.example/x.png"><img src="data:image/png;base64,AA">`),
      );
    },
    '/moved': (_request, response) => response.writeHead(302, { location: '/' }).end(),
    '/away': (_request, response) => response.writeHead(302, { location: 'http://other.example/' }).end(),
    '/broken': (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': '1000' });
      response.write('short');
      setImmediate(() => response.destroy());
    },
    '/silent': () => {},
    '/torn': (_request, response) => {
      const body = gzipSync('<img src="/a.png">'.repeat(100));
      body.fill(0xff, 10, 20);
      response.writeHead(200, { 'content-type': 'text/html', 'content-encoding': 'gzip' }).end(body);
    },
    '/odd': (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'set-cookie': 'a/b=1' });
      response.end('<img src="http://["><img src="/bild-ü 1.png"><img src="/media/a.png">');
    },
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      const url = request.url ?? '';
      requests.push({ url, cookie: request.headers.cookie });
      const page = pages[url];
      if (page) return void page(request, response);
      const known = ['/style.css?ver=1', '/media/script.js', '/media/a.png'].includes(url);
      response.writeHead(known ? 200 : 404, { 'content-type': 'text/plain' }).end('x'.repeat(100));
    });
    server.on('connection', () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });

  beforeEach(() => {
    requests = [];
    connections = 0;
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  async function read(
    paths: readonly string[],
    { timeoutSeconds = 10, ...changes }: Partial<ReaderScript> & { timeoutSeconds?: number } = {},
  ) {
    const script: ReaderScript = {
      host: '127.0.0.1',
      port,
      pages: paths,
      thinkSeconds: paths.slice(1).map(() => 0),
      delaySeconds: 0,
      ...changes,
    };
    const { signal } = new AbortController();
    return new ScriptedReader(new LocalShell(), (command) => command, signal, timeoutSeconds).read(script);
  }

  it('loads what a browser would of the same server, each asset once in a session', async () => {
    const { transfers, fault } = await read(['/', '/']);
    expect(fault).toBeNull();
    const assets = transfers.filter(({ kind }) => kind === 'asset');
    expect(assets.map(({ url }) => new URL(url).pathname).sort()).toEqual([
      '/media/a.png',
      '/media/script.js',
      '/style.css',
    ]);
    expect(assets.every(({ page, status, bytes }) => page === 0 && status === 200 && bytes === 100)).toBe(
      true,
    );
    expect(transfers.filter(({ kind }) => kind === 'page').map(({ page }) => page)).toEqual([0, 1]);
  });

  it('keeps its connections and its cookies', async () => {
    await read(['/', '/', '/']);
    expect(connections).toBeLessThanOrEqual(3);
    expect(requests[0]?.cookie).toBeUndefined();
    for (const request of requests.slice(1)) expect(request.cookie).toBe('session=abc; theme=light');
  });

  it('follows a redirect within the server and none that leaves it', async () => {
    const { transfers } = await read(['/moved', '/away']);
    const seen = transfers
      .filter(({ kind }) => kind === 'page')
      .map(({ url, status }) => [new URL(url).pathname, status]);
    expect(seen).toEqual([
      ['/moved', 302],
      ['/', 200],
      ['/away', 302],
    ]);
  });

  it('records a page that is not there with its status', async () => {
    const { transfers, fault } = await read(['/none']);
    expect(fault).toBeNull();
    expect(transfers).toHaveLength(1);
    expect(transfers[0]).toMatchObject({ status: 404, bytes: 100, error: null });
  });

  it('records how far a transfer came that breaks off, and reads on', async () => {
    const { transfers, fault } = await read(['/broken', '/']);
    expect(fault).toBeNull();
    expect(transfers[0]).toMatchObject({ page: 0, status: 200, bytes: 5 });
    expect(transfers[0]?.firstByteAt).toBeGreaterThan(0);
    expect(transfers[0]?.error).toMatch(/IncompleteRead/);
    expect(transfers[1]).toMatchObject({ page: 1, status: 200 });
  });

  it('reads on after a page that is broken gzip', async () => {
    const { transfers, fault } = await read(['/torn', '/none']);
    expect(fault).toBeNull();
    expect(transfers.map(({ status, error }) => [status, error])).toEqual([
      [200, null],
      [404, null],
    ]);
  });

  it('takes references, names and cookies that are not as they should be like a browser', async () => {
    const { transfers, fault } = await read(['/odd', '/none']);
    expect(fault).toBeNull();
    expect(transfers.map(({ url }) => new URL(url).pathname).sort()).toEqual([
      '/bild-%C3%BC%201.png',
      '/media/a.png',
      '/none',
      '/odd',
    ]);
    expect(requests.every(({ cookie }) => cookie === undefined)).toBe(true);
  });

  it('gives up on a server that does not answer', async () => {
    const { transfers } = await read(['/silent'], { timeoutSeconds: 0.3 });
    expect(transfers).toHaveLength(1);
    expect(transfers[0]).toMatchObject({ status: null, firstByteAt: null });
    expect(transfers[0]?.error).toMatch(/timed out/);
  });

  it('starts the next page after the think time, counted from the end of the page before', async () => {
    const { transfers } = await read(['/none', '/none'], { thinkSeconds: [0.2], delaySeconds: 0.1 });
    const [first, second] = transfers;
    const pause = (second?.intendedAt ?? 0) - (first?.endedAt ?? 0);
    // From below by the rule itself; from above nothing is certain on a busy machine.
    expect(pause).toBeGreaterThanOrEqual(0.2);
    expect(second?.startedAt).toBeGreaterThanOrEqual(second?.intendedAt ?? Number.POSITIVE_INFINITY);
  });
});

describe('what a reader has printed', () => {
  const script: ReaderScript = {
    host: '127.0.0.1',
    port: 80,
    pages: [],
    thinkSeconds: [],
    delaySeconds: 0,
  };
  const record = {
    ...{ url: 'http://127.0.0.1/', kind: 'page', page: 0, intendedAt: 1, startedAt: 1, firstByteAt: 1.1 },
    ...{ endedAt: 1.2, status: 200, bytes: 5, error: null },
  };
  const line = JSON.stringify(record);

  function readPrinted(text: string, then = 'exit 0') {
    const wrap = () => ['sh', '-c', `printf %s "$0"; ${then}`, text];
    return new ScriptedReader(new LocalShell(), wrap, new AbortController().signal).read(script);
  }

  it('is kept up to a line that a kill cut off', async () => {
    const { transfers, fault } = await readPrinted(`${line}\n${line.slice(0, 40)}`, 'kill -9 $$');
    expect(transfers).toEqual([record]);
    expect(fault).toMatch(/^the reader .*ended with/);
  });

  it('is kept around a record that is refused', async () => {
    const wrong = JSON.stringify({ ...record, bytes: -1 });
    const { transfers, fault } = await readPrinted(`${line}\n${wrong}\n${line}\n`);
    expect(transfers).toEqual([record, record]);
    expect(fault).toMatch(/bytes: .*\(it is -1\)/);
  });
});
