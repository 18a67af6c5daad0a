/** A command as its row in programs.ts says, read. */

import { type Commands, PROGRAMS, type Program } from './programs';

export interface Argument {
  readonly name: string;
  readonly optional: boolean;
  /** Takes all that is left. */
  readonly rest: boolean;
}

export interface Command {
  readonly program: Program;
  readonly name: string;
  readonly kind: 'route' | 'own' | 'call';
  /** More than one where what comes after decides: the first that is there is taken. */
  readonly methods: readonly string[];
  /** As the schema writes it. */
  readonly path: string;
  readonly arguments: readonly Argument[];
  readonly fixed: Readonly<Record<string, string>>;
  readonly print: string;
  readonly columns: readonly string[];
  /** As it was written after the kind, for those that are no route. */
  readonly usage: string;
}

function argument(text: string): Argument {
  return {
    name: text.replace(/[[\]<>.]/g, ''),
    optional: text.startsWith('['),
    rest: text.includes('...'),
  };
}

function read(program: Program, name: string, row: string): Command {
  const [call = '', output = ''] = row.split(' => ');
  const [method = '', ...rest] = call.split(' ');
  const kind = method === 'own' || method === 'call' ? method : 'route';
  const words = kind === 'own' ? rest : rest.slice(1);
  const [print = '', ...columns] = output.split(' ');
  const path = kind === 'route' ? (rest[0] ?? '') : '';
  return {
    ...{ program, name, kind, print, columns },
    methods: (kind === 'call' ? (rest[0] ?? '') : method).split('|'),
    path: path.startsWith('/') ? path : `/nodes/{node}/${path}`,
    arguments: words.filter((word) => /^\[?</.test(word)).map(argument),
    fixed: Object.fromEntries(
      words.filter((word) => /^\w+=/.test(word)).map((word) => [...word.split('=')] as [string, string]),
    ),
    usage: rest.join(' '),
  };
}

/** The commands of a program as they stand together in its usage text. */
export function groupsOf(program: Program): readonly (readonly Command[])[] {
  const groups: readonly Commands[] = PROGRAMS[program];
  return groups.map((commands) => Object.entries(commands).map(([name, row]) => read(program, name, row)));
}

export interface Found {
  readonly command: Command;
  readonly rest: readonly string[];
}

/** The command that the first words name, which may be several: `user token add`. */
export function findCommand(program: Program, words: readonly string[]): Found | undefined {
  const all = groupsOf(program).flat();
  for (let length = Math.min(words.length, 3); length >= 0; length -= 1) {
    const command = all.find(({ name }) => name === words.slice(0, length).join(' '));
    if (command) return { command, rest: words.slice(length) };
  }
  return undefined;
}
