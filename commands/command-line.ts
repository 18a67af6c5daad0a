import { Command, InvalidArgumentError, Option } from 'commander';
import { describeExitCodes, EXIT } from '../machine/exit-codes';
import { languages } from '../measure/report/language/language';

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

/** Of what writes a report; the value is a Language. */
export function languageOption(): Option {
  return new Option('--lang <language>', 'language of the report: English always, and this one beside it')
    .choices(languages)
    .default('en');
}

/** Of what measures; the value is a number of minutes. */
export function waitQuietOption(): Option {
  return new Option(
    '--wait-quiet <minutes>',
    'wait so long, at most, until the node is quiet (default: a person is asked, a program goes on)',
  ).argParser(minutesOf);
}

/** Throws InvalidArgumentError for what is no number of minutes of a day. */
function minutesOf(text: string): number {
  const minutes = Number(text);
  if (text.trim() !== '' && minutes >= 0 && minutes <= 1440) return minutes;
  throw new InvalidArgumentError('a number of minutes, 0 to 1440');
}
