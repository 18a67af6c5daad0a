/** Usage texts as Proxmox VE makes them from the schema of a call. */
import { callFacts, type ParameterFacts } from '../schema/call-schema';
import { type Command, groupsOf } from './command';
import type { Program } from './programs';

/** Of commands that print what a call answers. */
export const FORMAT_OPTIONS: Readonly<Record<string, ParameterFacts>> = {
  'human-readable': { type: 'boolean', optional: 1 },
  noborder: { type: 'boolean', optional: 1 },
  noheader: { type: 'boolean', optional: 1 },
  'output-format': { type: 'string', optional: 1, enum: ['text', 'json', 'json-pretty', 'yaml'] },
  quiet: { type: 'boolean', optional: 1 },
};

/** What Proxmox VE's command has besides the parameters of the call. */
const EXTRA: Readonly<Record<string, Readonly<Record<string, ParameterFacts>>>> = {
  status: { verbose: { type: 'boolean', optional: 1 } },
};

/** The parameters that are given by their names. */
export function optionsOf(command: Command): Readonly<Record<string, ParameterFacts>> {
  const named = command.methods.map((method) => callFacts(method, command.path)).find(Boolean);
  const places = new Set([
    ...['node', ...command.arguments.map(({ name }) => name), ...Object.keys(command.fixed)],
    ...[...command.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? ''),
  ]);
  const own = Object.entries(named?.parameters ?? {}).filter(([name]) => !places.has(name));
  return {
    ...Object.fromEntries(own),
    ...(command.print === 'table' ? FORMAT_OPTIONS : {}),
    ...EXTRA[command.print],
  };
}

export function usageOf(command: Command): string {
  const title = [command.program, command.name].filter(Boolean).join(' ');
  if (command.kind === 'own') return `${title} ${command.usage}`;
  if (command.kind === 'call') return `${title} <api_path> [OPTIONS] [FORMAT_OPTIONS]`;
  const options = Object.entries(optionsOf(command));
  const words = command.arguments.map(({ name, optional, rest }) =>
    rest ? `{<${name}>}` : optional ? `[<${name}>]` : `<${name}>`,
  );
  const needed = options
    .filter(([, { optional }]) => !optional)
    .map(([name, { type = 'string' }]) => `--${name} <${type}>`);
  const free = options.some(([name, { optional }]) => optional && !Object.hasOwn(FORMAT_OPTIONS, name));
  const line = [
    [...words, ...needed].join(' '),
    ...(free || (command.print === 'table' && command.program !== 'pvesh') ? ['[OPTIONS]'] : []),
    ...(command.print === 'table' ? ['[FORMAT_OPTIONS]'] : []),
  ];
  return `${title} ${line.join(' ')}`;
}

/** All commands of a program. */
export function programUsage(program: Program): string {
  const groups = groupsOf(program).map((commands) =>
    commands.map((command) => `       ${usageOf(command)}\n`).join(''),
  );
  const help = `       ${program} help [<extra-args>] [OPTIONS]\n`;
  return `USAGE: ${program} <COMMAND> [ARGS] [OPTIONS]\n\n${[...groups, help].join('\n')}`;
}

/** One command with its options, for `help COMMAND`. */
export function commandHelp(command: Command): string {
  const options = Object.entries(optionsOf(command)).sort(([a], [b]) => (a < b ? -1 : 1));
  return `USAGE: ${usageOf(command)}\n${optionLines(options)}`;
}

export function optionLines(options: readonly (readonly [string, ParameterFacts])[]): string {
  return options.map(([name, facts]) => `\n  -${name.padEnd(10)} ${typeWords(facts)}\n`).join('');
}

function typeWords({ type = 'string', minimum, maximum, ...facts }: ParameterFacts): string {
  if (facts.enum) return `<${facts.enum.join(' | ')}>`;
  const limits =
    minimum === undefined && maximum === undefined ? '' : ` (${minimum ?? '-N'} - ${maximum ?? 'N'})`;
  return `<${type}>${limits}`;
}
