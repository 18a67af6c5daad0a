import { type Document, isCollection, isScalar, visit, type YAMLError } from 'yaml';
import type { YamlFault } from './yaml-aliases';

/** What the yaml package says of a text, in the words of who wrote it: what is wrong, and what to write. */

type Words = string | ((message: string, at: string) => string);

/** The first whose pattern fits the package's message; `at` is the text at its place. */
const sentences: readonly (readonly [pattern: RegExp, words: Words])[] = [
  [/^Map keys must be unique/, (_, at) => `${word(at)} is given twice`],
  [/^Tabs are not allowed/, 'a tab indents this line; indent with blanks'],
  [/^Missing closing/, (_, at) => `the quoted text that begins here has no closing ${at[0]}`],
  [
    /^Flow (sequence|map) in block/,
    (_, at) =>
      `what begins with this ${at[0]} has no ${at[0] === '{' ? '}' : ']'}, or its lines are not indented`,
  ],
  [
    /^Block collections are not allowed/,
    'a comma or a bracket is missing near here: in { } and [ ] commas stand between the pairs or entries',
  ],
  [
    /^Nested mappings are not allowed/,
    'a second "key: value" begins on this line, or the lines below are indented too far; text with ": " in it is written in quotes',
  ],
  [
    /^Implicit (keys|map keys) need/,
    (_, at) => `${word(at)} has no colon and blank after it: write key: value`,
  ],
  [
    /must be at most 1024 chars/,
    'a key of more than 1024 characters; a quote or a colon is probably missing',
  ],
  [/^Plain value cannot start with/, (_, at) => `text cannot begin with ${at[0]}; write it in quotes`],
  [
    /^Invalid escape sequence (\S+)/,
    (text) => `${lastWord(text)} means nothing inside of "..."; in '...' a backslash is a backslash`,
  ],
  [/all keys must be strings/, 'a list or a map cannot be a key'],
  [
    /^(Unexpected \S+( token)?( at node end| in YAML stream)|All .* must start at the same column)/,
    (_, at) =>
      `${word(at)} does not fit here: it is indented otherwise than what it goes with, or what is above it ends too early`,
  ],
  [/on same line with key$/, 'a list begins on the line after its key'],
  [
    /^Unresolved tag: (\S+)/,
    (_, at) =>
      `the tag ${word(at)} means nothing here; remove it, or write text that begins with ! in quotes`,
  ],
  [/^Unknown directive/, (_, at) => `${word(at)} means nothing here; remove the line`],
];

/** The faults of a text that is no YAML; of several in one line, where the first explains the others, the first. */
export function syntaxFaults(document: Document.Parsed, source: string): readonly YamlFault[] {
  const lines = new Set<number>();
  const faults: YamlFault[] = [];
  for (const error of [...document.errors, ...document.warnings]) {
    const offset = placeOf(error, document);
    const line = source.lastIndexOf('\n', offset - 1);
    if (lines.has(line)) continue;
    lines.add(line);
    faults.push({ offset, message: wordsFor(firstLine(error.message), source.slice(offset, offset + 40)) });
  }
  return faults;
}

/** The package's place; of what is never closed, which is noticed at its end, the beginning. */
function placeOf({ pos: [offset], message }: YAMLError, document: Document.Parsed): number {
  const quoted = /^Missing closing/.test(message);
  if (!quoted && !/^Flow (sequence|map) in block/.test(message)) return offset;
  let beginning = offset;
  visit(document, {
    Node(_, node) {
      const open = quoted
        ? isScalar(node) && node.type?.startsWith('QUOTE')
        : isCollection(node) && node.flow;
      const [start, end] = node.range ?? [Number.POSITIVE_INFINITY, 0];
      if (open && start < offset && end >= offset) beginning = start;
    },
  });
  return beginning;
}

function wordsFor(message: string, at: string): string {
  const [, words] = sentences.find(([pattern]) => pattern.test(message)) ?? [];
  return typeof words === 'function' ? words(message, at) : (words ?? `is no YAML: ${message}`);
}

/** The word at the place of a fault, as it stands. */
function word(at: string): string {
  return `"${/^[^\s:,]+|^\S/.exec(at)?.[0] ?? 'this'}"`;
}

const lastWord = (text: string): string => text.split(' ').at(-1) ?? text;

/** Without the place that the package adds, and its excerpt. */
function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).replace(/ at line \d+, column \d+:?$/, '');
}
