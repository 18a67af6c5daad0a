/** Runs a command of one of the node's programs. */
import { ApiError } from '../base/api-error';
import type { LocalNode } from '../node';
import { callFacts } from '../schema/call-schema';
import { type Given, readArguments } from './arguments';
import { call, segmentsOf } from './call';
import { type Command, findCommand } from './command';
import { CommandFailure, done, failed, type Outcome } from './outcome';
import { printResult } from './output/api-result';
import { PRINTERS } from './output/lists';
import { OWN_COMMANDS } from './own-commands';
import type { Program } from './programs';
import { formatOf, pvesh } from './pvesh';
import { followTask, type Print } from './task-outcome';
import { commandHelp, FORMAT_OPTIONS, optionsOf, programUsage, usageOf } from './usage';

/** Runs `program ARGS`. `print` shows what there is before the end. */
export async function runProgram(
  node: LocalNode,
  program: Program,
  args: readonly string[],
  print?: Print,
): Promise<Outcome> {
  const found = findCommand(program, args);
  if (args[0] === 'help') return help(program, args.slice(1));
  if (!found) {
    const what =
      args[0] === undefined
        ? 'no command specified'
        : `unknown command '${[program, ...named(args)].join(' ')}'`;
    return failed(`ERROR: ${what}\n${programUsage(program)}`);
  }
  const { command, rest } = found;
  try {
    if (command.kind === 'call') return await pvesh(node, command, rest, print);
    if (command.kind === 'route') return await runRoute(node, command, rest, print);
    const own = OWN_COMMANDS[`${program} ${command.name}`];
    return own
      ? await own(node, rest)
      : failed(`${program} ${command.name} is not supported by the local node`);
  } catch (fault) {
    if (fault instanceof CommandFailure) return fault.outcome;
    if (fault instanceof ApiError) return refused(fault, usageOf(command));
    return failed(fault instanceof Error ? fault.message : String(fault));
  }
}

/** The words before the first option. */
function named(args: readonly string[]): readonly string[] {
  const end = args.findIndex((word) => word.startsWith('-'));
  return end < 0 ? args : args.slice(0, end);
}

function help(program: Program, words: readonly string[]): Outcome {
  const found = words.length > 0 ? findCommand(program, words) : undefined;
  return done(found ? commandHelp(found.command) : programUsage(program));
}

async function runRoute(
  node: LocalNode,
  command: Command,
  words: readonly string[],
  print?: Print,
): Promise<Outcome> {
  const options = optionsOf(command);
  const known = command.methods.some((method) => callFacts(method, command.path)) ? options : undefined;
  const given = readArguments(words, command.arguments, known, usageOf(command));
  const own = command.print === 'table' ? Object.keys(FORMAT_OPTIONS) : ['verbose'];
  const parameters = { ...without(given, own), ...command.fixed };
  const { data, route } = await call(
    node,
    command.methods,
    segmentsOf(node, command.path, parameters),
    withoutPath(parameters, command.path),
  );
  if (typeof data === 'string' && data.startsWith('UPID:')) return followTask(node, data, print);
  if (command.print === 'table') {
    const { returns = {} } = callFacts(route.method, route.path) ?? {};
    return done(printResult(data, returns, route.path, formatOf(given), command.columns));
  }
  return done(PRINTERS[command.print]?.(data, { options: given }) ?? '');
}

function without(given: Given, names: readonly string[]): Given {
  return Object.fromEntries(Object.entries(given).filter(([name]) => !names.includes(name)));
}

/** What the path takes comes back from it. */
function withoutPath(given: Given, path: string): Given {
  return without(
    given,
    [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''),
  );
}

/** A command that reads a guest's file itself ends with the number of the system's error, no such file. */
const NO_FILE = /^Configuration file '.*' does not exist/;

export function refused(fault: ApiError, usage: string): Outcome {
  if (fault.status !== 400) return failed(fault.message, NO_FILE.test(fault.message) ? 2 : 255);
  const lines = Object.entries(fault.errors ?? {}).map(([name, what]) => `${name}: ${what.trimEnd()}`);
  return failed([`400 ${fault.message.trimEnd()}`, ...lines, usage].join('\n'));
}
