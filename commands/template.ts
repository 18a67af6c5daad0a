/** `npm run template`: builds the guest template of the local node, or finds it in the cache, and prints where it is. */

import { EXIT } from '../machine/exit-codes';
import { whenTerminalEnds } from '../machine/terminal-end';
import { ensureTemplate, readManifest } from '../template/template';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run template --',
  description:
    'Builds the guest template of the local node, or finds it in the cache, and prints where it is.',
  examples: ['npm run template', 'MOODLE_SOURCE=moodle.tgz npm run template'],
});

void runCommand(async () => {
  command.parse();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  whenTerminalEnds(() => stop.abort());
  const log = (line: string): void => console.error(line);
  try {
    const template = await ensureTemplate({ env: process.env, log, signal: stop.signal });
    const { moodle } = await readManifest(template);
    if (!moodle.baked) log(`template: without Moodle: ${moodle.reason}`);
    console.log(template.path);
    return EXIT.done;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    log('template: stopped; nothing of the unfinished template is kept');
    return EXIT.stopped;
  }
});
