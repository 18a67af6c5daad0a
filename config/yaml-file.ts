import {
  Composer,
  type CST,
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  Parser,
} from 'yaml';
import { FaultyFileError, type PlacedFault } from './faulty-file';
import {
  type Aliases,
  aliasesOf,
  aliasFaults,
  isMergeKey,
  mergedMaps,
  target,
  type YamlFault,
} from './yaml-aliases';
import { syntaxFaults } from './yaml-words';

/** A fault by the path of keys and indices to it. */
export interface Fault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Lists in lists in maps ... that a file may have: what composes them calls itself, and runs out of stack at some 700. */
const DEEPEST = 64;

/** A YAML file with one document, which knows where each value stands. Aliases and merge keys are written out. */
export class YamlFile {
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;
  private readonly aliases: Aliases;
  /** As plain objects and lists. */
  readonly value: unknown;

  /** `file` names the text in faults. Throws FaultyFileError where the text is no YAML, or more than one document. */
  constructor(
    readonly source: string,
    readonly file: string,
  ) {
    const tokens = [...new Parser(this.lines.addNewLine).parse(source)];
    this.refuse(depthFaults(tokens));
    const options = { merge: true, stringKeys: true, logLevel: 'error' } as const;
    const [document, second] = new Composer(options).compose(tokens, true, source.length);
    if (!document || isEmpty(document)) throw this.fault(0, 'is empty: there are no keys and values in it');
    this.refuse(syntaxFaults(document, source));
    if (second) {
      const message =
        'a second document begins with this ---; the file is one: remove it, and what does not belong here';
      throw this.fault(second.range[0], message);
    }
    this.document = document;
    this.aliases = aliasesOf(document);
    this.refuse(aliasFaults(document, this.aliases));
    this.value = this.plain();
  }

  /** An error of all these faults, each with its place. */
  faulty(faults: readonly Fault[]): FaultyFileError {
    return new FaultyFileError(
      this.file,
      faults.map((fault) => this.place(fault)),
    );
  }

  /** The value at a path as it is written, quotes and all; undefined where it is none on one line. */
  written(path: Fault['path']): string | undefined {
    const node = this.nodeAt(path);
    if (!isScalar(node) || !node.range) return undefined;
    const text = this.source.slice(node.range[0], node.range[1]);
    return text.includes('\n') || text === '' ? undefined : text;
  }

  private plain(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: -1 });
    } catch (error) {
      throw new FaultyFileError(this.file, [this.placed(0, `cannot be read: ${(error as Error).message}`)], {
        cause: error,
      });
    }
  }

  /** Where the fault stands: the value, the key of a map or list, and for what is missing that which should hold it. */
  private place({ path, message }: Fault): PlacedFault {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const offset = this.offsetOf(path.slice(0, depth));
      if (offset !== undefined) return this.placed(offset, message, pathText(path));
    }
    return this.placed(startOf(this.document.contents), message, pathText(path));
  }

  private offsetOf(path: Fault['path']): number | undefined {
    const parent = this.nodeAt(path.slice(0, -1));
    const last = path.at(-1);
    if (isSeq(parent)) {
      const item = typeof last === 'number' ? parent.items[last] : undefined;
      return item === undefined ? undefined : startOf(item);
    }
    const pair = isMap(parent) ? this.pairOf(parent, String(last)) : undefined;
    if (!pair) return undefined;
    // A map or list begins on the line below its key; the key is where one looks.
    const atKey = isCollection(pair.value) || !isNode(pair.value) || isEmptyScalar(pair.value);
    return startOf(atKey ? pair.key : pair.value);
  }

  /** The value at a path, behind aliases. */
  private nodeAt(path: Fault['path']): unknown {
    let node: unknown = this.document.contents;
    for (const key of path) {
      const value = isSeq(node)
        ? node.items[Number(key)]
        : isMap(node)
          ? this.pairOf(node, String(key))?.value
          : undefined;
      node = target(value, this.aliases);
    }
    return node;
  }

  /** The pair of a key: the map's own goes before those that it merges. */
  private pairOf(map: unknown, key: string): { readonly key: unknown; readonly value: unknown } | undefined {
    if (!isMap(map)) return undefined;
    const own = map.items.find((pair) => isScalar(pair.key) && !isMergeKey(pair) && pair.key.value === key);
    if (own) return own;
    for (const merge of map.items.filter(isMergeKey)) {
      for (const merged of mergedMaps(merge, this.aliases)) {
        const found = this.pairOf(merged, key);
        if (found) return found;
      }
    }
    return undefined;
  }

  private placed(offset: number, message: string, path = ''): PlacedFault {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1), path, message };
  }

  private fault(offset: number, message: string): FaultyFileError {
    return new FaultyFileError(this.file, [this.placed(offset, message)]);
  }

  private refuse(faults: readonly YamlFault[]): void {
    if (faults.length === 0) return;
    throw new FaultyFileError(
      this.file,
      faults.map(({ offset, message }) => this.placed(offset, message)),
    );
  }
}

/** Where values are nested too deeply, before anything calls itself to read them. */
function depthFaults(tokens: readonly CST.Token[]): readonly YamlFault[] {
  const waiting = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > DEEPEST) {
      return [{ offset: token.offset, message: `values are nested more than ${DEEPEST} deep from here on` }];
    }
    for (const inner of innerTokens(token)) waiting.push({ token: inner, depth: depth + 1 });
  }
  return [];
}

function innerTokens(token: CST.Token): readonly CST.Token[] {
  const inner: (CST.Token | null | undefined)[] = [];
  if (token.type === 'document') inner.push(token.value);
  if ('items' in token) for (const item of token.items) inner.push(item.key, item.value);
  return inner.filter((part) => part !== null && part !== undefined);
}

function isEmpty({ contents, errors }: Document.Parsed): boolean {
  return errors.length === 0 && (contents === null || isEmptyScalar(contents));
}

/** A value that is not there: `key:` with nothing after it. */
function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.value === null && (node.source ?? '') === '';
}

function startOf(node: unknown): number {
  return (isNode(node) && node.range?.[0]) || 0;
}

function pathText(path: Fault['path']): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${key}`))
    .join('');
}
