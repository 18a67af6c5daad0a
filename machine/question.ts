import { createInterface } from 'node:readline/promises';

/** What a person at the terminal types, without blanks around it; undefined where nobody is there. Ctrl-C is the process's. */
export async function askPerson(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Readline takes Ctrl-C for itself, and the question would stay open for ever.
  const interrupted = new Promise<undefined>((resolve) => {
    terminal.on('SIGINT', () => {
      process.kill(process.pid, 'SIGINT');
      resolve(undefined);
    });
  });
  try {
    return (await Promise.race([terminal.question(question), interrupted]))?.trim();
  } finally {
    terminal.close();
  }
}
