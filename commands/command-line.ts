import { Command } from 'commander';
import { describeExitCodes, EXIT } from '../machine/exit-codes';

interface CommandDescription {
  /** As a person types it: `npm run compare --`. */
  readonly name: string;
  readonly description: string;
  /** Lines to type, each with what it is for after two blanks if that is not plain. */
  readonly examples: readonly string[];
  /** What else belongs into the help, before the exit codes. */
  readonly notes?: string;
}

/** A command line with its help: examples, and the exit codes of all commands. Wrong usage is bad input. */
export function commandLine({ name, description, examples, notes }: CommandDescription): Command {
  const parts = [`Examples:\n${examples.map((line) => `  ${line}`).join('\n')}`, notes, describeExitCodes()];
  return new Command(name)
    .description(description)
    .addHelpText('after', `\n${parts.filter(Boolean).join('\n\n')}`)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.done : EXIT.badInput));
}
