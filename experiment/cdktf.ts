import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import type { ProcessPromise } from 'zx';
import { start } from '../machine/command';
import { descendants } from '../machine/processes';
import type { Run } from './stages';

const ROOT = join(__dirname, '..');
const GUARD = join(ROOT, 'stacks/hooks/terraform-guard.sh');

/**
 * Runs `cdktf deploy` or `cdktf destroy` without questions. Everything that it says goes to `logFile`; `log` gets what a
 * person wants to follow: the plan's sum, each resource's begin and end, what provisioners say, and errors.
 *
 * interrupt() asks Terraform to stop after what it is doing right now, so that its state stays true; `done` then rejects.
 * cdktf itself is not signalled while Terraform runs: it would leave Terraform behind.
 */
export function runCdktf(
  command: 'deploy' | 'destroy',
  environment: Readonly<Record<string, string>>,
  logFile: string,
  log: (line: string) => void,
): Run {
  mkdirSync(join(logFile, '..'), { recursive: true });
  const file = createWriteStream(logFile, { mode: 0o600 });
  // A process group of its own: Ctrl-C in the terminal reaches this program alone, which decides what to do.
  const program = start([join(ROOT, 'node_modules/.bin/cdktf'), command, '--auto-approve'], {
    cwd: ROOT,
    ownGroup: true,
    // The provider reads its own settings there, secrets among them.
    env: {
      ...process.env,
      CHECKPOINT_DISABLE: '1',
      FORCE_COLOR: '0',
      TERRAFORM_BINARY_NAME: GUARD,
      LAB_TERRAFORM: process.env.TERRAFORM_BINARY_NAME ?? 'terraform',
      ...environment,
    },
  });
  const errors: string[] = [];
  const hear = (raw: string): void => {
    const line = stripVTControlCharacters(raw)
      .replace(/^(lab {2}| {5})/, '')
      .trimEnd();
    if (line === '') return;
    file.write(`${line}\n`);
    if (errors.length > 0 || line.startsWith('Error:')) errors.push(line);
    const news = progressLine(line);
    if (news) log(news);
  };
  for (const stream of [program.stdout, program.stderr]) createInterface({ input: stream }).on('line', hear);
  const end = async (): Promise<void> => {
    const { ok, exitCode } = await program;
    file.end();
    if (!ok) throw new CdktfError(command, exitCode, errors, logFile);
  };
  return { done: end(), interrupt: () => askToStop(program) };
}

/** cdktf ended with an exit code other than 0; the message holds Terraform's errors, or where to look for the reason. */
export class CdktfError extends Error {
  override readonly name = 'CdktfError';
  constructor(
    command: string,
    readonly code: number | null,
    errors: readonly string[],
    logFile: string,
  ) {
    const said = shownErrors(errors.filter((line) => !/execution halted|^\d+ Stacks?/.test(line)));
    super(
      `cdktf ${command} failed with exit code ${code}; its whole log is ${logFile}\n${said.join('\n')}`.trimEnd(),
    );
  }
}

/** Lines of one error, and of all: one of an upload holds the whole file that was to be uploaded. */
const MOST_LINES = { each: 10, all: 40 };

/** The beginning of each error, so that a long one does not hide the next. */
export function shownErrors(lines: readonly string[]): readonly string[] {
  const errors: string[][] = [];
  for (const line of lines) {
    if (line.startsWith('Error:') || errors.length === 0) errors.push([]);
    errors.at(-1)?.push(line);
  }
  const shown = errors.flatMap((error) =>
    error.length <= MOST_LINES.each
      ? error
      : [...error.slice(0, MOST_LINES.each), `(${error.length - MOST_LINES.each} more lines in the log)`],
  );
  return shown.slice(0, MOST_LINES.all);
}

/** What a person wants to follow of cdktf's output; undefined for the rest, the plan's attributes above all. */
export function progressLine(line: string): string | undefined {
  // terraform_data.ready (ready) (local-exec): text
  const provisioner = /^\S+ \(.*\) \(local-exec\): (?!Executing:)(.+)$/.exec(line);
  if (provisioner) return `  ${provisioner[1]}`;
  if (/^Plan: |^(Apply|Destroy) complete|^No changes\./.test(line)) return `  ${line}`;
  // proxmox_x.id (path): Creation complete after 2s [id=...]
  const event = /^(\S+?\.\S+)(?: \(.*?\))?: (Creation|Destruction|Modifications) complete after (\S+)/.exec(
    line,
  );
  return event ? `  ${event[1]}: ${event[2]?.toLowerCase()} complete after ${event[3]}` : undefined;
}

/** Asks by way of the guard, which asks Terraform once: at a second signal it ends at once, its state half written. */
export function askToStop({ pid, stage }: ProcessPromise): void {
  if (pid === undefined || stage !== 'running') return;
  const guards = descendants(pid).filter(({ name }) => name === 'terraform-guard');
  for (const guard of guards) process.kill(guard.pid, 'SIGINT');
  if (guards.length === 0) process.kill(-pid, 'SIGTERM');
}
