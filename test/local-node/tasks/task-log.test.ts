import fs, { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { TaskLogFile } from '../../../local-node/tasks/task-log';

test('a line of a task log that a full disk cuts in two does not swallow the next', () => {
  const directory = mkdtempSync(join(tmpdir(), 'task-log-'));
  const path = join(directory, 'log');
  const log = new TaskLogFile(path, pino({ level: 'silent' }));
  const write = fs.writeSync;
  const part = (file: number, bytes: Buffer) => write(file, bytes, 0, 4);
  const full = () => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  };
  jest
    .spyOn(fs, 'writeSync')
    .mockImplementationOnce(part as typeof write)
    .mockImplementationOnce(full);
  log.write('a line that is lost');
  jest.restoreAllMocks();
  log.end('OK');
  expect(readFileSync(path, 'utf8')).toBe('a li\nTASK OK\n');
  rmSync(directory, { recursive: true });
});
