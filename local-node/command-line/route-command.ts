/** Commands that are calls of the API: the same parameters, the same work, other words. */

import { Nodes } from '../api/nodes';
import { validate } from '../api/parameters';
import { Router } from '../api/router';
import { routes } from '../api/routes';
import { ApiError } from '../base/api-error';
import type { LocalNode } from '../node';
import { CommandFailure, done, failed, type Outcome } from './outcome';

/** Whoever is root on the node is root@pam. */
const ROOT = { userId: 'root@pam' } as const;
const ROUTER = new Router(routes);

export interface RouteCommand {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below /nodes/{node}/, with {placeholders} among `positional`. */
  readonly path: string;
  /** Parameters that are given without their names, in this order. */
  readonly positional: readonly string[];
  /** What is printed of an answer that is no task; nothing where undefined. */
  readonly print?: (data: unknown) => string;
}

/** Runs the command with its arguments; `usage` is what is told to whoever gets them wrong. */
export async function runRoute(
  node: LocalNode,
  command: RouteCommand,
  args: readonly string[],
  usage: string,
): Promise<Outcome> {
  try {
    const given = argumentsOf(command, args, usage);
    const data = await callRoute(node, command.method, command.path, given);
    if (typeof data === 'string' && data.startsWith('UPID:')) return await followTask(node, data);
    return done(command.print?.(data) ?? '');
  } catch (fault) {
    if (fault instanceof CommandFailure) return fault.outcome;
    if (!(fault instanceof ApiError)) throw fault;
    if (fault.status !== 400) return failed(fault.message);
    const lines = Object.entries(fault.errors ?? {}).map(([name, what]) => `${name}: ${what.trimEnd()}`);
    return failed([`400 ${fault.message}`, ...lines, usage].join('\n'));
  }
}

/** Calls a route as root@pam. Throws ApiError. */
export async function callRoute(
  node: LocalNode,
  method: RouteCommand['method'],
  path: string,
  given: Readonly<Record<string, string | readonly string[]>>,
): Promise<unknown> {
  const full = path.replace(/\{(\w+)\}/g, (_, name: string) => String(given[name] ?? ''));
  const match = ROUTER.find(method, ['nodes', node.name, ...full.split('/')]);
  if (!match) throw new ApiError(501, `${method} /nodes/${node.name}/${full} is not implemented`);
  const parameters = validate(match.route.parameters, { ...given, ...match.pathParameters });
  return match.route.handle(node, { caller: ROOT, nodes: new Nodes(node), parameters });
}

/** Prints a task's log as it is once the task has ended. */
async function followTask(node: LocalNode, upid: string): Promise<Outcome> {
  let task = node.tasks.get(upid);
  while (task.exitStatus === undefined) task = await node.tasks.wait(upid, 60);
  const lines = node.tasks.log(upid).filter((line) => !/^TASK (OK|ERROR|WARNINGS)/.test(line));
  const stdout = lines.map((line) => `${line}\n`).join('');
  if (task.exitStatus === 'OK' || task.exitStatus.startsWith('WARNINGS')) return done(stdout);
  return { ...failed(task.exitStatus), stdout };
}

/** Positional arguments and options such as --memory 512 or --memory=512. Throws CommandFailure. */
function argumentsOf(
  { positional }: RouteCommand,
  args: readonly string[],
  usage: string,
): Record<string, string> {
  const given: Record<string, string> = {};
  const plain: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] ?? '';
    const option = /^--?([a-z][\w-]*)(?:=(.*))?$/s.exec(argument);
    if (!option?.[1]) {
      plain.push(argument);
      continue;
    }
    const next = args[index + 1];
    const takesNext = option[2] === undefined && next !== undefined && !/^--/.test(next);
    if (takesNext) index += 1;
    given[option[1]] = option[2] ?? (takesNext ? next : '1');
  }
  if (plain.length > positional.length) throw new CommandFailure(failed(`400 too many arguments\n${usage}`));
  if (plain.length < positional.length)
    throw new CommandFailure(failed(`400 not enough arguments\n${usage}`));
  for (const [index, name] of positional.entries()) given[name] = plain[index] ?? '';
  return given;
}

/** The names of the parameters that a command knows. */
export function knownOptions(
  node: LocalNode,
  { method, path, positional }: RouteCommand,
): ReadonlySet<string> {
  const sample = path.replace(/\{\w+\}/g, '100');
  const match = ROUTER.find(method, ['nodes', node.name, ...sample.split('/')]);
  const names = Object.keys(match?.route.parameters ?? {});
  return new Set(names.filter((name) => name !== 'node' && !positional.includes(name)));
}
