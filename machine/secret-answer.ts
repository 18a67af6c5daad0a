import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/**
 * A secret, one line: typed unseen by a person at the terminal, or else the first line of the standard input. Never an
 * argument, which every user of the machine could read. Undefined where nothing comes.
 */
export async function readSecret(question: string): Promise<string | undefined> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY) {
    const lines = createInterface({ input: stdin });
    for await (const line of lines) return line;
    return undefined;
  }
  stdout.write(question);
  // Readline writes what is typed; here it goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: stdin, output: nowhere, terminal: true });
  const interrupted = new Promise<undefined>((resolve) => {
    terminal.on('SIGINT', () => {
      process.kill(process.pid, 'SIGINT');
      resolve(undefined);
    });
  });
  try {
    return await Promise.race([terminal.question(''), interrupted]);
  } finally {
    terminal.close();
    stdout.write('\n');
  }
}
