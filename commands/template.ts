/** Builds the guest template of the local node, or finds it in the cache, and prints where it is. */
import { Command } from 'commander';
import { BAD_INPUT, inputFault } from '../config';
import { ensureTemplate, readManifest } from '../template/template';

const controller = new AbortController();

async function main(): Promise<void> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () =>
      controller.abort(new Error('stopped; nothing of the unfinished template is kept')),
    );
  }
  const template = await ensureTemplate({
    env: process.env,
    log: (line) => console.error(line),
    signal: controller.signal,
  });
  const { moodle } = await readManifest(template);
  if (!moodle.baked) console.error(`template: without Moodle: ${moodle.reason}`);
  console.log(template.path);
}

new Command('npm run template --')
  .description(
    'Builds the guest template of the local node, or finds it in the cache, and prints where it is.',
  )
  .addHelpText(
    'after',
    '\nExample:\n  MOODLE_SOURCE=moodle.tgz npm run template\n\nExit codes: 0 there, 1 failed, 2 bad input, 130 stopped by Ctrl-C.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();

main().catch((error: Error) => {
  const { aborted, reason } = controller.signal;
  console.error(`template: ${aborted ? reason.message : error.message}`);
  process.exitCode = aborted ? 130 : inputFault(error) === undefined ? 1 : BAD_INPUT;
});
