/** Builds the guest template of the local node, or finds it in the cache, and prints where it is. */
import { Command } from 'commander';
import { ensureTemplate, readManifest } from '../images/template';

async function main(): Promise<void> {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());
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
    '\nExample:\n  MOODLE_SOURCE=moodle.tgz npm run template\n\nExit codes: 0 there, 1 failed, 2 wrong usage.',
  )
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .parse();

main().catch((error: Error) => {
  console.error(`build-template: ${error.message}`);
  process.exitCode = 1;
});
