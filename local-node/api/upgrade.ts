import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '../base/api-error';
import { failure, NotAuthenticated, plain, type WireAnswer } from './answer';
import { ConsoleSockets } from './console-socket';
import { type Api, dispatch } from './dispatch';
import { parseForm } from './request-body';

const CONSOLE = /^\/+api2\/+(?:json|extjs)(\/nodes\/([^/]+)\/(?:qemu|lxc)\/\d+\/vncwebsocket)$/;

/**
 * Answers a request to change over to WebSocket, which only a guest's console does. Rights, parameters and the ticket
 * are checked by the same route that answers without the change.
 */
export async function upgrade(
  api: Api,
  sockets: ConsoleSockets,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  socket.on('error', () => undefined);
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s);
  const [, rest, nodeName] = CONSOLE.exec(path) ?? [];
  const refusal =
    rest === undefined ? plain(501, `'${path}' is no WebSocket`) : await refused(api, request, rest, query);
  if (refusal) return ConsoleSockets.refuse(socket, refusal);
  const port = Number(parseForm(query).port);
  sockets.accept(request, socket, head, (client) =>
    api.nodes.ofPath(nodeName).guests.consoles.connect(port, client),
  );
}

/** A protocol that a browser asks for and nobody speaks; its second part is a ticket, base64url. */
const TICKET_PROTOCOL = /(?:^|[\s,])PVEAuthCookie\.([\w-]+)/;

/**
 * Who calls. A page cannot add a header to its WebSocket, and a cookie would go to every other port of this host too; so
 * it names its ticket among the protocols, as Kubernetes has it. It counts before cookies, which others may have set.
 */
function shownBy(headers: IncomingMessage['headers']): { cookie?: string; authorization?: string } {
  const ticket = TICKET_PROTOCOL.exec(headers['sec-websocket-protocol'] ?? '')?.[1];
  if (ticket === undefined) return { cookie: headers.cookie, authorization: headers.authorization };
  return { authorization: `PVEAuthCookie=${Buffer.from(ticket, 'base64url').toString()}` };
}

/** Why the call is refused; undefined if it is not. */
async function refused(
  api: Api,
  { headers }: IncomingMessage,
  rest: string,
  query: string,
): Promise<WireAnswer | undefined> {
  const version = headers['sec-websocket-version'];
  try {
    await dispatch(api, {
      method: 'GET',
      segments: rest.split('/').filter(Boolean).map(decodeURIComponent),
      ...shownBy(headers),
      csrfToken: undefined,
      query: parseForm(query),
      readBody: async () => ({ parameters: {} }),
    });
  } catch (fault) {
    if (fault instanceof NotAuthenticated) return plain(401, fault.message);
    const known = fault instanceof ApiError ? fault : new ApiError(500, 'the call failed');
    if (known !== fault) api.nodes.serving.logger.error({ err: fault }, 'a console failed');
    return failure('json', known);
  }
  if (version === '13') return undefined;
  return failure('json', new ApiError(500, `unsupported websocket-version '${version ?? ''}'`));
}
