import type { AccessService } from '../access/access-service';
import { ApiError, badParameters } from '../base/api-error';
import { type Caller, isRoot } from '../base/caller';
import { NotAuthenticated, notImplemented } from './answer';
import type { Nodes } from './nodes';
import { type RawParameters, readParameters } from './parameters';
import type { AllowedBody, RequestBody } from './request-body';
import type { Route } from './route';
import type { Router } from './router';
import type { SharedAnswers } from './shared-answers';

/** A request after HTTP, before anything of it is trusted. */
export interface ApiRequest {
  readonly method: string;
  /** Decoded parts of the path below /api2/json. */
  readonly segments: readonly string[];
  readonly cookie?: string | undefined;
  readonly authorization?: string | undefined;
  readonly csrfToken: string | undefined;
  readonly query: RawParameters;
  readBody(allowed: AllowedBody): Promise<RequestBody>;
}

/** What serves requests. */
export interface Api {
  readonly nodes: Nodes;
  readonly router: Router;
  readonly answers: SharedAnswers;
}

/**
 * Who calls, may they, are the parameters right, then the handler: in the order of Proxmox VE, so that a caller without
 * rights learns nothing about parameters and an unknown one nothing about paths.
 */
export async function dispatch({ nodes, router, answers }: Api, request: ApiRequest): Promise<unknown> {
  const { access } = nodes.serving;
  const match = router.find(request.method, request.segments);
  const caller = match?.route.permission === 'open' ? NOBODY : authenticate(access, request);
  if (!match) throw notImplemented(request.method, `/${request.segments.join('/')}`);
  const { route, pathParameters } = match;
  checkPermission(access, route, caller, pathParameters);
  const node = nodes.ofPath(pathParameters.node);
  const body = await request.readBody({
    file: route.acceptsFile === true,
    anonymous: route.permission === 'open',
  });
  const raw = { ...request.query, ...body.parameters, ...pathParameters };
  const parameters = readParameters(route, raw);
  if (!isRoot(caller)) refuseRootOptions(parameters);
  checkPermission(access, route, caller, raw, true);
  const handle = () => route.handle(node, { caller, nodes, parameters, file: body.file });
  return route.shared ? answers.join(JSON.stringify([route.path, caller, parameters]), handle) : handle();
}

/** Parameters for root@pam alone, whatever the route. */
const ROOT_PARAMETERS = ['skiplock', 'keepActive', 'force-cpu'];

function refuseRootOptions(parameters: RawParameters): void {
  const refused = ROOT_PARAMETERS.filter(
    (name) => parameters[name] !== undefined && parameters[name] !== false,
  );
  if (refused.length === 0) return;
  throw badParameters(Object.fromEntries(refused.map((name) => [name, 'Only root may use this option.'])));
}

const NOBODY: Caller = { userId: '' };

/** A token in the header, or a ticket in the cookie, with a CSRF token for whatever writes. */
function authenticate(access: AccessService, request: ApiRequest): Caller {
  const token = /^PVEAPIToken[= ](.+)$/.exec(request.authorization ?? '')?.[1];
  if (token !== undefined) {
    try {
      return access.tokenCaller(token);
    } catch (fault) {
      throw fault instanceof ApiError ? new NotAuthenticated(fault.message) : fault;
    }
  }
  const cookie = /(?:^|;\s*)PVEAuthCookie=([^;]*)/.exec(request.cookie ?? '')?.[1];
  const ticket = cookie ?? /^PVEAuthCookie=(.+)$/.exec(request.authorization ?? '')?.[1];
  if (!ticket) throw new NotAuthenticated('No ticket');
  const caller = access.ticketCaller(decodeCookie(ticket));
  if (!caller) throw new NotAuthenticated('Authentication failed!');
  if (request.method !== 'GET' && !access.csrfTokenFits(request.csrfToken ?? '', caller)) {
    throw new NotAuthenticated('Permission denied - invalid csrf token');
  }
  return caller;
}

function decodeCookie(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Fills {vmid} and the like in the permission's path. What only the body tells ({storage} of a form) is checked once
 * the body is read: `complete`.
 */
function checkPermission(
  access: AccessService,
  route: Route,
  caller: Caller,
  values: RawParameters,
  complete = false,
): void {
  const { permission } = route;
  if (typeof permission !== 'object') return;
  const names = [...permission.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  if (!complete && names.some((name) => values[name] === undefined)) return;
  const path = permission.path.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  access.check(caller, path, permission.anyOf);
}
