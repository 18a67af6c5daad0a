/** The words of a command line as parameters, read as Perl's Getopt::Long reads them for Proxmox VE. */
import type { ParameterFacts } from '../schema/call-schema';
import type { Argument } from './command';
import { CommandFailure, failed } from './outcome';

export type Given = Readonly<Record<string, string | readonly string[]>>;
export type Options = Readonly<Record<string, ParameterFacts>>;

/** Throws CommandFailure, whose words end with `usage`. Without `known` every option is taken. */
export function readArguments(
  words: readonly string[],
  positional: readonly Argument[],
  known: Options | undefined,
  usage: string,
): Given {
  const refuse = (message: string) => new CommandFailure(failed(`${message}\n${usage}`));
  const given: Record<string, string[]> = {};
  const plain: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    if (word === '--') {
      plain.push(...words.slice(index + 1));
      break;
    }
    const [, written, value] = /^--?([a-z][\w-]*)(?:=(.*))?$/is.exec(word) ?? [];
    if (written === undefined) {
      plain.push(word);
      continue;
    }
    const name = optionName(written, known);
    if (name === undefined) throw refuse(`Unknown option: ${written}\n400 unable to parse option`);
    const next = words[index + 1];
    const follows = value === undefined && next !== undefined && !/^--?[a-z]/i.test(next);
    const boolean = known?.[name]?.type === 'boolean';
    if (value === undefined && !follows && known && !boolean)
      throw refuse(`Option ${written} requires an argument\n400 unable to parse option`);
    if (follows) index += 1;
    given[name] = [...(given[name] ?? []), value ?? (follows ? (next ?? '') : '1')];
  }
  return { ...joined(given, known), ...inOrder(plain, positional, refuse) };
}

/** An option may be cut short where it is the only one that begins so. */
function optionName(written: string, known: Options | undefined): string | undefined {
  if (!known || Object.hasOwn(known, written)) return written;
  const like = Object.keys(known).filter((name) => name.startsWith(written));
  return like.length === 1 ? like[0] : undefined;
}

/** An option that was given several times is a list where the call takes one, else its last value counts. */
function joined(given: Readonly<Record<string, readonly string[]>>, known: Options | undefined): Given {
  const entries = Object.entries(given).map(([name, values]) => {
    const { type, format = '' } = known?.[name] ?? {};
    if (type === 'array' || (!known && values.length > 1)) return [name, values] as const;
    return [name, format.endsWith('-list') ? values.join(',') : (values.at(-1) ?? '')] as const;
  });
  return Object.fromEntries(entries);
}

function inOrder(
  plain: readonly string[],
  positional: readonly Argument[],
  refuse: (message: string) => CommandFailure,
): Given {
  const needed = positional.filter(({ optional }) => !optional).length;
  const many = positional.some(({ rest }) => rest);
  if (plain.length < needed) throw refuse('400 not enough arguments');
  if (plain.length > positional.length && !many) throw refuse('400 too many arguments');
  let spare = plain.length - needed;
  const values: Record<string, string> = {};
  let at = 0;
  for (const { name, optional, rest } of positional) {
    if (optional && spare === 0) continue;
    const take = rest ? spare : 1;
    if (optional) spare -= take;
    values[name] = plain.slice(at, at + take).join(',');
    at += take;
  }
  return values;
}
