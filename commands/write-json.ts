/** Characters that are written at once. */
const chunk = 1 << 16;

/**
 * The text that `JSON.stringify(value, null, 1)` gives, in parts: lists within the object go element by element, since a
 * string of JavaScript holds half a gigabyte at most. The object must not hold undefined or functions.
 */
export function* jsonParts(value: object): Generator<string> {
  let open = '{';
  for (const [key, member] of Object.entries(value)) {
    yield `${open}\n ${JSON.stringify(key)}: `;
    open = ',';
    if (!Array.isArray(member) || member.length === 0) {
      yield indented(member, ' ');
      continue;
    }
    for (const [index, element] of member.entries())
      yield `${index === 0 ? '[' : ','}\n  ${indented(element, '  ')}`;
    yield '\n ]';
  }
  yield open === '{' ? '{}' : '\n}';
}

function indented(value: unknown, indent: string): string {
  // A line break within a string is escaped, so that those of the text are all JSON's own.
  return JSON.stringify(value, null, 1).replaceAll('\n', `\n${indent}`);
}

/** Writes JSON with a line break at its end; waits where the reader is slower. */
export async function writeJson(value: object, output: NodeJS.WritableStream): Promise<void> {
  let text = '';
  // A reader that has gone never drains.
  const closed = new Promise<void>((resolve) => output.once('close', resolve));
  const flush = async (): Promise<void> => {
    const isFull = !output.write(text);
    text = '';
    if (isFull) await Promise.race([closed, new Promise<void>((resolve) => output.once('drain', resolve))]);
  };
  for (const part of jsonParts(value)) {
    text += part;
    if (text.length < chunk) continue;
    await flush();
    if (!output.writable) return;
  }
  text += '\n';
  await flush();
}
