/** Calls of the API from inside the node: whoever is root there is root@pam. */
import { AnswerWith, notImplemented } from '../api/answer';
import { Nodes } from '../api/nodes';
import { readParameters } from '../api/parameters';
import type { Route } from '../api/route';
import { type Match, Router } from '../api/router';
import { routes } from '../api/routes';
import { ApiError } from '../base/api-error';
import type { LocalNode } from '../node';
import type { Given } from './arguments';

const ROOT = { userId: 'root@pam' } as const;
const ROUTER = new Router(routes);

export function routeOf(method: string, segments: readonly string[]): Match | undefined {
  return ROUTER.find(method, segments);
}

/** A path with its {placeholders} filled in; a volume names its storage. */
export function segmentsOf(node: LocalNode, path: string, given: Given): string[] {
  const [, storage] = /^([\w.-]+):/.exec(String(given.volume ?? '')) ?? [];
  const values: Given = { node: node.name, ...(storage === undefined ? {} : { storage }), ...given };
  const filled = (segment: string) =>
    segment.replace(/\{(\w+)\*?\}/g, (_, name: string) => String(values[name] ?? ''));
  return path.split('/').filter(Boolean).map(filled);
}

export interface Answered {
  readonly data: unknown;
  readonly route: Route;
}

/** Calls the first of the methods that there is at a path. Throws ApiError. */
export async function call(
  node: LocalNode,
  methods: readonly string[],
  segments: readonly string[],
  given: Given,
): Promise<Answered> {
  const nodes = new Nodes(node);
  const match = methods.map((method) => routeOf(method, segments)).find(Boolean);
  if (!match) throw missing(methods, segments);
  const { route, pathParameters } = match;
  const target = nodes.ofPath(pathParameters.node);
  if (route.acceptsFile) throw new ApiError(501, 'a file is brought over HTTP alone');
  const parameters = readParameters(route, { ...given, ...pathParameters });
  const data = await route.handle(target, { caller: ROOT, nodes, parameters });
  return { route, data: data instanceof AnswerWith ? data.data : data };
}

function missing([method = 'GET']: readonly string[], segments: readonly string[]): ApiError {
  return notImplemented(method, `/${segments.join('/')}`);
}
