import { readFileSync } from 'node:fs';
import { FaultyFileError } from './faulty-file';
import { InputError } from './input-error';

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'a part of its path is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'its name is too long',
};

/** What the system says of a file that cannot be read, in words. */
export function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return reasons[code ?? ''] ?? message;
}

/**
 * The text of a file that the user wrote; `what` names it in an error ("the experiment"). Throws an InputError where
 * it cannot be read, and a FaultyFileError where it is no text that YAML could be written in.
 */
export function readText(file: string, what: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new InputError(`cannot read ${what}: ${file}: ${whyUnreadable(error)}`, { cause: error });
  }
  return decode(bytes, file);
}

/** UTF-8 without its mark, with line ends that every part of YAML takes for some. Throws FaultyFileError. */
export function decode(bytes: Buffer, file: string): string {
  if (looksLikeUtf16(bytes)) {
    const message =
      'is written in UTF-16, as > of PowerShell and some editors do; save it as UTF-8 (Out-File -Encoding utf8)';
    throw new FaultyFileError(file, [{ line: 1, column: 1, path: '', message }]);
  }
  const text = bytes.toString('utf8');
  const wrong = firstWrongCharacter(text);
  if (wrong) {
    const before = text.slice(0, wrong.offset).split('\n');
    const place = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
    throw new FaultyFileError(file, [{ ...place, path: '', message: wrong.message }]);
  }
  return text.replace(/^\uFEFF/, '');
}

/** By its mark; or, where it has none, because every other byte of its beginning is zero. */
function looksLikeUtf16([one, two, three, four]: Buffer): boolean {
  if ((one === 0xff && two === 0xfe) || (one === 0xfe && two === 0xff)) return true;
  return (one === 0 && three === 0) || (two === 0 && four === 0);
}

function firstWrongCharacter(
  text: string,
): { readonly offset: number; readonly message: string } | undefined {
  // What is no UTF-8 was decoded to U+FFFD, which nobody writes; a control character has no place in YAML.
  const found = /\uFFFD|\r(?!\n)|[^\P{Cc}\t\n\r\x85]/u.exec(text);
  if (!found) return undefined;
  return { offset: found.index, message: wordsFor(found[0]) };
}

function wordsFor(character: string): string {
  if (character === '\uFFFD') return 'a character here is not UTF-8; save the file as UTF-8';
  if (character === '\r') {
    return 'this line ends with a carriage return alone (CR); save the file with line ends of Linux (LF) or Windows (CRLF)';
  }
  const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return `the control character U+${code} stands here; remove it`;
}
