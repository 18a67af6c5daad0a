/** Fetching a file by HTTP(S) for a storage. */
import { open } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ApiError } from '../base/api-error';
import { type RequireSpace, spaceGuard } from '../base/space-guard';

export interface UrlMetadata {
  readonly filename?: string;
  /** Bytes; undefined if the server does not say. */
  readonly size?: number;
  readonly mimetype?: string;
}

const REDIRECTS = 5;
/** A server that says nothing for so long is given up. */
const SILENCE_MS = 60_000;

/** What a HEAD request tells about a file. Throws ApiError 500 in Proxmox VE's words if it cannot be had. */
export async function urlMetadata(url: string, verifyCertificates: boolean): Promise<UrlMetadata> {
  let answer: Answer;
  try {
    answer = await ask('HEAD', url, verifyCertificates);
  } catch (cause) {
    const { host, port, protocol } = new URL(url);
    const place = port ? host : `${host}:${protocol === 'https:' ? 443 : 80}`;
    throw new ApiError(500, `invalid server response: '500 Can't connect to ${place} (${reasonOf(cause)})'`);
  }
  answer.close();
  if (answer.status !== 200) {
    throw new ApiError(500, `invalid server response: '${answer.status} ${answer.statusText}'`);
  }
  const disposition = answer.header('content-disposition');
  const named = disposition && /filename="?([^";]+)"?/.exec(disposition)?.[1];
  const last = decodeURIComponent(new URL(answer.url).pathname.split('/').pop() ?? '');
  return {
    filename: named || last || undefined,
    size: lengthOf(answer),
    mimetype: answer.header('content-type')?.split(';')[0],
  };
}

/**
 * Writes the file behind `url` to `path`, which must not exist; what is left after an error is the caller's to remove.
 * `requireSpace` throws unless so many bytes more have room; it is asked before anything is written and as the file grows.
 */
export async function fetchToFile(
  url: string,
  path: string,
  options: {
    readonly verifyCertificates: boolean;
    readonly signal: AbortSignal;
    readonly log: (line: string) => void;
    readonly requireSpace: RequireSpace;
  },
): Promise<void> {
  const { host, port, protocol } = new URL(url);
  const place = port ? host : `${host}:${protocol === 'https:' ? 443 : 80}`;
  let answer: Answer;
  try {
    answer = await ask('GET', url, options.verifyCertificates, options.signal);
  } catch (cause) {
    throw new Error(`download failed: Connecting to ${place}... failed: ${reasonOf(cause)}.`, { cause });
  }
  try {
    options.log(`Connecting to ${place}... connected.`);
    options.log(`HTTP request sent, awaiting response... ${answer.status} ${answer.statusText}`);
    if (answer.status !== 200) {
      options.log(`ERROR ${answer.status}: ${answer.statusText}.`);
      throw new Error('download failed: exit code 8'); // as the tool that Proxmox VE calls ends on a server's error
    }
    const length = lengthOf(answer);
    await options.requireSpace(length ?? 0);
    options.log(`Length: ${length ?? 'unspecified'} [${answer.header('content-type') ?? 'unknown'}]`);
    const received = await receive(answer.body, path, length, options);
    if (length !== undefined && received !== length) {
      throw new Error(`download failed: got ${received} of ${length} bytes`);
    }
  } finally {
    answer.close();
  }
}

async function receive(
  body: IncomingMessage,
  path: string,
  length: number | undefined,
  options: {
    readonly signal: AbortSignal;
    readonly log: (line: string) => void;
    readonly requireSpace: RequireSpace;
  },
): Promise<number> {
  let received = 0;
  let told = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      received += chunk.length;
      const percent = length ? Math.floor((received / length) * 100) : 0;
      if (percent >= told + 10) {
        told = percent - (percent % 10);
        options.log(`${received} of ${length} bytes (${percent}%)`);
      }
      done(null, chunk);
    },
  });
  // Opened before anything can fail: a stream that opens its file by itself may do so after it was given up.
  const file = (await open(path, 'wx', 0o600)).createWriteStream({ flush: true });
  await pipeline(body, meter, spaceGuard(options.requireSpace), file, { signal: options.signal });
  return received;
}

interface Answer {
  readonly status: number;
  readonly statusText: string;
  /** After redirects. */
  readonly url: string;
  readonly body: IncomingMessage;
  header(name: string): string | undefined;
  close(): void;
}

async function ask(
  method: 'GET' | 'HEAD',
  url: string,
  verifyCertificates: boolean,
  signal?: AbortSignal,
): Promise<Answer> {
  let at = url;
  for (let hop = 0; ; hop += 1) {
    const body = await send(method, at, verifyCertificates, signal);
    const { statusCode = 0, statusMessage = '', headers } = body;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined && hop < REDIRECTS) {
      body.destroy();
      at = new URL(headers.location, at).href;
      if (!/^https?:/.test(at)) throw new Error(`redirected to ${at}, which is neither http nor https`);
      continue;
    }
    return {
      status: statusCode,
      statusText: statusMessage,
      url: at,
      body,
      header: (name) => {
        const value = headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      close: () => void body.destroy(),
    };
  }
}

/** By Node's own client: undici 7.30 throws where nothing can catch it if a server closes a slowly read download. */
function send(
  method: 'GET' | 'HEAD',
  url: string,
  verifyCertificates: boolean,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, signal, agent: false, timeout: SILENCE_MS } as const;
    const request = url.startsWith('https:')
      ? https.request(url, { ...options, rejectUnauthorized: verifyCertificates })
      : http.request(url, options);
    request.once('response', resolve);
    // Also after the response, when the body's reader has been told already.
    request.on('error', reject);
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })),
    );
    request.end();
  });
}

function lengthOf(answer: Answer): number | undefined {
  const text = answer.header('content-length');
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Temporary failure in name resolution',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
};

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return (code && REASONS[code]) || message;
}
