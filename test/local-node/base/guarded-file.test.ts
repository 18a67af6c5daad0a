import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { readGuardedFile, removeGuardedFile, writeGuardedFile } from '../../../local-node/base/guarded-file';

describe('a file that nothing else can make again', () => {
  const WHOLE = 'first\nsecond\nthird\n';
  let directory: string;
  let file: string;
  let logged: string[];
  const aside = () => readdirSync(directory).filter((name) => name.includes('damaged'));
  const read = () =>
    readGuardedFile(
      file,
      (text) => {
        if (text.includes('nonsense')) throw new Error('line 1 is nonsense');
        return text.split('\n');
      },
      pino({ level: 'error' }, { write: (line) => logged.push(line) }),
    );

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'guarded-file-'));
    file = join(directory, 'some.cfg');
    logged = [];
    await writeGuardedFile(file, WHOLE);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  test.each([
    ['is cut off in a line', 'first\nsec', 'it ends after 9 of 19 characters'],
    ['is cut off between lines', 'first\nsecond\n', 'it ends after 13 of 19 characters'],
    ['is empty', '', 'it ends after 0 of 19 characters'],
    ['is full of zeros', 'first\n\0\0\0\0\n', 'it holds what is no text'],
    ['holds bytes that are no UTF-8', Buffer.from([0x66, 0xff, 0x0a]), 'it holds what is no text'],
    ['cannot be parsed', 'nonsense\n', 'line 1 is nonsense'],
  ])('is named, kept aside and replaced by its last good copy when it %s', async (_, text, reason) => {
    writeFileSync(file, text);
    expect((await read())?.length).toBe(4);
    expect(readFileSync(file, 'utf8')).toBe(WHOLE);
    expect(readFileSync(`${file}.damaged`)).toEqual(Buffer.from(text));
    expect(logged.join('')).toContain(`${file} is damaged (${reason}), it is kept as ${file}.damaged`);
  });

  test('comes back when it is lost, and not when it was removed in due form', async () => {
    rmSync(file);
    expect((await read())?.length).toBe(4);
    removeGuardedFile(file);
    expect(await read()).toBeUndefined();
  });

  test('may be changed by hand, and the change is what is good from then on', async () => {
    writeFileSync(file, 'other\nlines\n');
    expect(await read()).toEqual(['other', 'lines', '']);
    writeFileSync(file, 'other\n');
    expect(await read()).toEqual(['other', 'lines', '']);
  });

  test('is kept aside under a new name each time', async () => {
    for (const text of ['f', 'fi']) {
      writeFileSync(file, text);
      await read();
    }
    expect(aside()).toEqual(['some.cfg.damaged', 'some.cfg.damaged.1']);
  });

  test('is done without where its copy is damaged as well', async () => {
    writeFileSync(join(directory, '.good', 'some.cfg'), 'sha256 0000\nfirst\n');
    writeFileSync(file, 'first\nsec');
    expect(await read()).toBeUndefined();
    expect(existsSync(file)).toBe(false);
    expect(aside()).toEqual(['some.cfg.damaged']);
    expect(logged.join('')).toContain('there is no good copy');
  });
});
