/** Fetching a file by HTTP(S) for a storage. */
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Dispatcher } from 'undici';
import { ApiError } from '../base/api-error';

export interface UrlMetadata {
  readonly filename?: string;
  /** Bytes; undefined if the server does not say. */
  readonly size?: number;
  readonly mimetype?: string;
}

const REDIRECTS = 5;

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
  await answer.close();
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
 * `ready` learns the size, if the server tells it, before anything is written, and may throw.
 */
export async function fetchToFile(
  url: string,
  path: string,
  options: {
    readonly verifyCertificates: boolean;
    readonly signal: AbortSignal;
    readonly log: (line: string) => void;
    readonly ready: (bytes: number | undefined) => Promise<void>;
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
    await options.ready(length);
    options.log(`Length: ${length ?? 'unspecified'} [${answer.header('content-type') ?? 'unknown'}]`);
    const received = await receive(answer.body, path, length, options);
    if (length !== undefined && received !== length) {
      throw new Error(`download failed: got ${received} of ${length} bytes`);
    }
  } finally {
    await answer.close();
  }
}

async function receive(
  body: Dispatcher.ResponseData['body'],
  path: string,
  length: number | undefined,
  options: { readonly signal: AbortSignal; readonly log: (line: string) => void },
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
  await pipeline(body, meter, createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true }), {
    signal: options.signal,
  });
  return received;
}

interface Answer {
  readonly status: number;
  readonly statusText: string;
  /** After redirects. */
  readonly url: string;
  readonly body: Dispatcher.ResponseData['body'];
  header(name: string): string | undefined;
  close(): Promise<void>;
}

async function ask(
  method: 'GET' | 'HEAD',
  url: string,
  verifyCertificates: boolean,
  signal?: AbortSignal,
): Promise<Answer> {
  // Loaded on first use: 20 MB of memory that most nodes, most of the time, do not need.
  const { Agent, request } = await import('undici');
  const agent = new Agent({ connect: { rejectUnauthorized: verifyCertificates, timeout: 15_000 } });
  let at = url;
  try {
    for (let hop = 0; ; hop += 1) {
      const answer = await request(at, { method, dispatcher: agent, signal });
      const location = answer.headers.location;
      if (
        answer.statusCode >= 300 &&
        answer.statusCode < 400 &&
        typeof location === 'string' &&
        hop < REDIRECTS
      ) {
        await answer.body.dump();
        at = new URL(location, at).href;
        if (!/^https?:/.test(at)) throw new Error(`redirected to ${at}, which is neither http nor https`);
        continue;
      }
      return {
        status: answer.statusCode,
        statusText: answer.statusText,
        url: at,
        body: answer.body,
        header: (name) => {
          const value = answer.headers[name];
          return Array.isArray(value) ? value[0] : value;
        },
        close: async () => agent.destroy(),
      };
    }
  } catch (cause) {
    await agent.destroy();
    throw cause;
  }
}

function lengthOf(answer: Answer): number | undefined {
  const text = answer.header('content-length');
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Connection refused',
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Temporary failure in name resolution',
  UND_ERR_CONNECT_TIMEOUT: 'Connection timed out',
  ETIMEDOUT: 'Connection timed out',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
};

function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException;
  return (code && REASONS[code]) || message;
}
