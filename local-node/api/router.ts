import type { Route } from './route';

/** The route that fits a path, with the values of its {placeholders}. */
export interface Match {
  readonly route: Route;
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Branch {
  readonly literal: Map<string, Branch>;
  parameter?: { readonly name: string; readonly branch: Branch };
  /** A last {placeholder*} that takes all that is left of the path, slashes included. */
  rest?: { readonly name: string; readonly methods: Map<string, Route> };
  readonly methods: Map<string, Route>;
}

function branch(): Branch {
  return { literal: new Map(), methods: new Map() };
}

/**
 * Finds the route of a method and path. A literal segment goes before a {placeholder}, which takes one segment; a last
 * {placeholder*} takes the rest, for volume ids with a plain slash.
 */
export class Router {
  private readonly root = branch();

  constructor(readonly routes: readonly Route[]) {
    for (const route of routes) this.add(route);
  }

  /** `segments` are decoded. Undefined if nothing fits. */
  find(method: string, segments: readonly string[]): Match | undefined {
    return walk(this.root, method, segments, {});
  }

  private add(route: Route): void {
    let at = this.root;
    const segments = route.path.split('/').filter(Boolean);
    for (const [index, segment] of segments.entries()) {
      const name = /^\{(.+)\}$/.exec(segment)?.[1];
      if (name?.endsWith('*')) {
        if (index !== segments.length - 1) throw new Error(`${route.path}: {${name}} must be last`);
        at.rest ??= { name: name.slice(0, -1), methods: new Map() };
        register(at.rest.methods, route);
        return;
      }
      if (name) {
        at.parameter ??= { name, branch: branch() };
        if (at.parameter.name !== name) {
          throw new Error(`${route.path}: {${name}} is called {${at.parameter.name}} in another route`);
        }
        at = at.parameter.branch;
      } else {
        const next = at.literal.get(segment) ?? branch();
        at.literal.set(segment, next);
        at = next;
      }
    }
    register(at.methods, route);
  }
}

function register(methods: Map<string, Route>, route: Route): void {
  if (methods.has(route.method)) throw new Error(`${route.method} ${route.path} is registered twice`);
  methods.set(route.method, route);
}

function walk(
  at: Branch,
  method: string,
  segments: readonly string[],
  pathParameters: Readonly<Record<string, string>>,
): Match | undefined {
  const [segment, ...rest] = segments;
  if (segment === undefined) {
    const route = at.methods.get(method);
    return route && { route, pathParameters };
  }
  const literal = at.literal.get(segment);
  const found = literal && walk(literal, method, rest, pathParameters);
  if (found) return found;
  const { parameter } = at;
  const inParameter =
    parameter && walk(parameter.branch, method, rest, { ...pathParameters, [parameter.name]: segment });
  if (inParameter) return inParameter;
  const route = at.rest?.methods.get(method);
  if (!at.rest || !route) return undefined;
  return { route, pathParameters: { ...pathParameters, [at.rest.name]: segments.join('/') } };
}
