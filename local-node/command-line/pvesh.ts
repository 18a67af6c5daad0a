/** `pvesh`: any call of the API. */
import { notImplemented } from '../api/answer';
import { ApiError } from '../base/api-error';
import type { LocalNode } from '../node';
import { callFacts, isCall } from '../schema/call-schema';
import { type Given, readArguments } from './arguments';
import { call, routeOf } from './call';
import type { Command } from './command';
import { CommandFailure, done, failed, type Outcome } from './outcome';
import { type FormatOptions, printResult } from './output/api-result';
import { followTask, type Print } from './task-outcome';
import { FORMAT_OPTIONS, optionLines, usageOf } from './usage';

const FORMATS = ['text', 'json', 'json-pretty', 'yaml'];
const PATH = [{ name: 'api_path', optional: false, rest: false }];
const OWN_OPTIONS = [...Object.keys(FORMAT_OPTIONS), 'api_path', 'noproxy'];

/** Throws CommandFailure and ApiError. */
export async function pvesh(
  node: LocalNode,
  command: Command,
  words: readonly string[],
  print?: Print,
): Promise<Outcome> {
  const verbs = { ls: list, usage };
  const [method = ''] = command.methods;
  const own = verbs[method as keyof typeof verbs];
  const given = readArguments(words, PATH, undefined, usageOf(command));
  const segments = String(given.api_path).split('/').filter(Boolean);
  if (own) return own(node, segments, given);
  if (!routeOf(method, segments)) throw noHandler(command.name, method, segments);
  const parameters = Object.fromEntries(
    Object.entries(given).filter(([name]) => !OWN_OPTIONS.includes(name)),
  );
  const options = formatOf(given);
  if (!FORMATS.includes(options.format)) {
    const what = `value '${options.format}' does not have a value in the enumeration '${FORMATS.join(', ')}'`;
    throw new ApiError(400, 'Parameter verification failed.', { 'output-format': what });
  }
  const { data, route } = await call(node, [method], segments, parameters);
  const { returns = {} } = callFacts(method, route.path) ?? {};
  const log =
    typeof data === 'string' && data.startsWith('UPID:') ? await followTask(node, data, print) : done();
  const printed = given.quiet === undefined ? printResult(data, returns, route.path, options) : '';
  return { ...log, stdout: `${log.stdout ?? ''}${printed}` };
}

export function formatOf(given: Given): FormatOptions {
  const on = (name: string) => given[name] !== undefined && given[name] !== '0';
  return {
    format: String(given['output-format'] ?? 'text'),
    border: !on('noborder'),
    header: !on('noheader'),
    humanReadable: given['human-readable'] !== '0',
  };
}

/** Proxmox VE has the call and the local node has not, or neither has it. */
function noHandler(name: string, method: string, segments: readonly string[]): Error {
  const path = `/${segments.join('/')}`;
  if (isCall(method, segments)) return notImplemented(method, path);
  return new CommandFailure(failed(`no '${name}' handler for '${path}'`));
}

/** What can be done with a path: it is a directory or a leaf, may be read, written, created in and deleted. */
function capabilities(segments: readonly string[]): string {
  const get = routeOf('GET', segments)?.route;
  const directory = get && callFacts('GET', get.path)?.returns.link !== undefined;
  const may = (method: string, letter: string) => (routeOf(method, segments) ? letter : '-');
  return `${directory ? 'D' : '-'}${may('GET', 'r')}${may('PUT', 'w')}${may('POST', 'c')}${may('DELETE', 'd')}`;
}

async function list(node: LocalNode, segments: readonly string[]): Promise<Outcome> {
  const { data, route } = await call(node, ['GET'], segments, {});
  const link = callFacts('GET', route.path)?.returns.link;
  if (link === undefined || !Array.isArray(data))
    return failed(`no child links defined for '/${segments.join('/')}'`);
  const names = data.map((row: Readonly<Record<string, unknown>>) => String(row[link])).sort();
  return done(names.map((name) => `${capabilities([...segments, name])}        ${name}\n`).join(''));
}

const VERBS = { get: 'GET', set: 'PUT', create: 'POST', delete: 'DELETE' } as const;

/** All that can be called at a path, with its parameters where they are asked for. */
function usage(_: LocalNode, segments: readonly string[], given: Given): Outcome {
  const path = `/${segments.join('/')}`;
  const texts = Object.entries(VERBS).flatMap(([verb, method]) => {
    const match = routeOf(method, segments);
    if (!match) return [];
    const facts = callFacts(method, match.route.path)?.parameters ?? {};
    const names = Object.keys(match.route.parameters).filter((name) => !(name in match.pathParameters));
    const options = names.map((name) => [name, facts[name] ?? {}] as const);
    const needed = options
      .filter(([name]) => !match.route.parameters[name]?.optional)
      .map(([name, { type = 'string' }]) => ` --${name} <${type}>`);
    const rest = options.length > needed.length ? ' [OPTIONS]' : '';
    const verbose = given.verbose !== undefined || given.v !== undefined;
    return [`USAGE: pvesh ${verb} ${path}${needed.join('')}${rest}\n${verbose ? optionLines(options) : ''}`];
  });
  return texts.length > 0 ? done(texts.join('\n')) : failed(`no such resource '${path}'`);
}
