/** `npm run template`: builds the guest template of the local node, or finds it in the cache, and prints where it is. */

import { usualTimesFile } from '../config/paths';
import { EXIT } from '../machine/exit-codes';
import { LiveLine } from '../machine/live-line';
import { whenTerminalEnds } from '../machine/terminal-end';
import { UsualTimes } from '../machine/usual-times';
import {
  ensureContainerTemplate,
  ensureTemplate,
  readManifest,
  type Template,
  templateFile,
} from '../template/template';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const command = commandLine({
  name: 'npm run template --',
  description:
    'Builds the guest template of the local node, or finds it in the cache, and prints where it is.',
  examples: [
    'npm run template',
    'npm run template -- --containers',
    'MOODLE_SOURCE=moodle.tgz npm run template',
  ],
});
command.option(
  '--containers',
  "the containers' template of the same build (vztmpl) instead of the guests' disk",
);

void runCommand(async () => {
  const { containers = false } = command.parse().opts<{ containers?: boolean }>();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  whenTerminalEnds(() => stop.abort());
  const line = new LiveLine(process.stderr);
  try {
    const template = await shown(line, stop.signal, containers);
    const { moodle } = await readManifest(template);
    if (!moodle.baked) line.say(`template: without Moodle: ${moodle.reason}`);
    console.log(containers ? template.archivePath : template.path);
    return EXIT.done;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    line.say('template: stopped; nothing of the unfinished template is kept');
    return EXIT.stopped;
  }
});

/** Builds it, unless it is there, and shows how that goes on. */
async function shown(line: LiveLine, signal: AbortSignal, containers: boolean): Promise<Template> {
  const times = new UsualTimes(usualTimesFile());
  const isBuilt = !templateFile(process.env).exists;
  const begin = performance.now();
  const wait = line.waitFor('Template', { expected: times.of('template') });
  const log = (text: string): void => {
    line.say(text);
    wait.step(text.replace(/^template: /, ''));
  };
  try {
    const ensure = containers ? ensureContainerTemplate : ensureTemplate;
    const template = await ensure({ env: process.env, log, signal });
    if (isBuilt) times.keep('template', (performance.now() - begin) / 1000);
    return template;
  } finally {
    wait.end();
  }
}
