import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { type AddressInfo, isIP } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import multipart from '@fastify/multipart';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { ensureCertificate } from '../access/certificate';
import { ApiError } from '../base/api-error';
import type { LocalNode } from '../node';
import { pageFile } from '../page/page-files';
import { type Formatter, failure, NotAuthenticated, plain, success, type WireAnswer } from './answer';
import { ConsoleSockets } from './console-socket';
import { type Api, dispatch } from './dispatch';
import { Nodes } from './nodes';
import { PlainError, parseForm, readBody } from './request-body';
import { Router } from './router';
import { routes } from './routes';
import { pageRoutes } from './routes/page';
import { SharedAnswers } from './shared-answers';
import { upgrade } from './upgrade';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];

/**
 * A client that polls every few seconds must not meet a connection that is just being closed; an upload may take its
 * time. Milliseconds, 0 = no limit.
 */
const CONNECTION = { keepAliveTimeout: 75_000, requestTimeout: 0 };

export interface ApiServer {
  /** https://127.0.0.1:8006, without a trailing slash. */
  readonly endpoint: string;
  readonly port: number;
  /** PEM file to trust. */
  readonly caFile: string;
  close(): Promise<void>;
}

/** Serves the API of `node` over TLS 1.3 on loopback. Port 0 takes any free one. A port in use throws EADDRINUSE. */
export async function listen(node: LocalNode, options: { readonly port: number }): Promise<ApiServer> {
  const tls = await ensureCertificate(node.stateDir, node.name);
  const app = await buildServer(node, { certificate: tls.certificate, key: tls.key });
  await app.listen({ host: '127.0.0.1', port: options.port });
  const { port } = app.server.address() as AddressInfo;
  return {
    endpoint: `https://127.0.0.1:${port}`,
    port,
    caFile: tls.caFile,
    close: () => app.close(),
  };
}

/** The server without its socket; without `tls` it is for inject() in tests. */
export async function buildServer(
  node: LocalNode,
  tls?: { readonly certificate: string; readonly key: string },
): Promise<FastifyInstance> {
  const nodes = new Nodes(node);
  const api: Api = { nodes, router: new Router(routes), answers: new SharedAnswers() };
  const page: Api = { ...api, router: new Router(pageRoutes) };
  const app: FastifyInstance = fastify({
    // One route takes all: the paths of Proxmox VE (double slashes, %2F, its own 501) are the Router's matter.
    rewriteUrl: () => '/',
    forceCloseConnections: true,
    serverFactory: (handler) =>
      tls
        ? https.createServer(
            { ...CONNECTION, cert: tls.certificate, key: tls.key, minVersion: 'TLSv1.3' },
            handler,
          )
        : http.createServer(CONNECTION, handler),
  });
  await app.register(multipart, { limits: { fileSize: Number.MAX_SAFE_INTEGER, files: 1, fields: 20 } });
  // Bodies are read after the caller is known.
  app.removeContentTypeParser(['application/json', 'text/plain']);
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  app.all('/', async (request, reply) => {
    const started = node.clock.steady();
    const answer = await serve({ api, page }, request);
    node.logger.debug(
      {
        method: request.method,
        path: pathOf(request),
        status: answer.status,
        ms: node.clock.steady() - started,
      },
      'api call',
    );
    if (answer.reason) reply.raw.statusMessage = answer.reason;
    if (answer.contentType) reply.header('content-type', answer.contentType);
    // A body that was not read, as of a refused upload, would be taken for the next request.
    if (!request.raw.complete) reply.header('connection', 'close');
    return reply
      .code(answer.status)
      .headers({ 'cache-control': 'max-age=0', ...answer.headers })
      .send(answer.body);
  });
  const sockets = new ConsoleSockets();
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const host = request.headers.host;
    if (host !== undefined && !isOurs(host, node)) return ConsoleSockets.refuse(socket, notThisNode(host));
    void upgrade(api, sockets, request, socket, head);
  });
  app.addHook('onClose', async () => sockets.close());
  return app;
}

/** What is asked under /api2, and what the page asks besides. */
interface Served {
  readonly api: Api;
  readonly page: Api;
}

function notThisNode(host: string): WireAnswer {
  return plain(421, `host '${host}' is not this node; LAB_NODE_HOSTS names further ones`);
}

function pathOf(request: FastifyRequest): string {
  return request.originalUrl.split('?')[0] ?? '';
}

/** The rules of HTTP as Proxmox VE keeps them; the API itself begins in dispatch(). */
async function serve({ api, page }: Served, request: FastifyRequest): Promise<WireAnswer> {
  const { method } = request;
  if (!METHODS.includes(method)) return plain(501, `method '${method}' not available`);
  if (request.headers['transfer-encoding'] !== undefined) {
    return plain(501, 'chunked transfer encoding not supported');
  }
  const host = header(request, 'host');
  if (host !== undefined && !isOurs(host, api.nodes.serving)) {
    return notThisNode(host);
  }
  const path = pathOf(request);
  const file = method === 'GET' ? await pageFile(path) : undefined;
  if (file) return { status: 200, ...file };
  const [, ofPage] = /^\/page\/api\/(.*)$/.exec(path) ?? [];
  if (ofPage !== undefined) return call(page, request, 'json', ofPage.split('/'));
  const [, api2, formatter = '', rest = ''] = /^\/+(api2)\/+([^/]+)(.*)$/.exec(path) ?? [];
  if (!api2) return plain(500, `no such file '${path}'`, `no such file '${path}'\n`);
  if (formatter !== 'json' && formatter !== 'extjs') {
    const text = `no formatter for uri ${rest}, ${formatter}`;
    return plain(501, text, text);
  }
  let segments: string[];
  try {
    segments = rest.split('/').filter(Boolean).map(decodeURIComponent);
  } catch {
    return plain(400, 'invalid percent encoding in the path');
  }
  return call(api, request, formatter, segments);
}

async function call(
  api: Api,
  request: FastifyRequest,
  formatter: Formatter,
  segments: readonly string[],
): Promise<WireAnswer> {
  const uploadDir = join(api.nodes.serving.stateDir, 'tmp', `upload-${randomUUID()}`);
  let takesFile = false;
  const query = request.originalUrl.split('?').slice(1).join('?');
  try {
    const result = await dispatch(api, {
      method: request.method,
      segments,
      cookie: request.headers.cookie,
      authorization: request.headers.authorization,
      csrfToken: header(request, 'csrfpreventiontoken'),
      query: parseForm(query),
      readBody: (allowed) => {
        takesFile = allowed.file;
        return readBody(request, allowed, {
          directory: uploadDir,
          requireSpace: (bytes) =>
            api.nodes.serving.storage.requireRoom(api.nodes.serving.stateDir, bytes, 'an upload'),
        });
      },
    });
    return success(formatter, result);
  } catch (fault) {
    if (fault instanceof NotAuthenticated) return plain(401, fault.message);
    if (fault instanceof PlainError) return plain(fault.status, fault.message.trim(), fault.message);
    if (fault instanceof ApiError) return failure(formatter, fault);
    api.nodes.serving.logger.error({ err: fault, path: pathOf(request) }, 'call failed');
    return failure(formatter, new ApiError(500, fault instanceof Error ? fault.message : String(fault)));
  } finally {
    if (takesFile) {
      // What stays is removed at the next start.
      await rm(uploadDir, { recursive: true, force: true }).catch((err: unknown) =>
        api.nodes.serving.logger.warn({ err }, 'an upload is not removed'),
      );
    }
  }
}

/**
 * A page of the web whose name leads to this machine must not speak to the node in the user's browser: it would ask
 * under its own name.
 */
function isOurs(host: string, { name, options }: LocalNode): boolean {
  const plainName = host.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
  if (isIP(plainName.replace(/^\[(.*)\]$/, '$1')) !== 0) return true;
  return ['localhost', name, ...(options.hosts ?? [])].some((known) => known.toLowerCase() === plainName);
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
