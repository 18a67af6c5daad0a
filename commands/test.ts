import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { start } from '../machine/command';
import { EXIT } from '../machine/exit-codes';
import { setup } from '../setup/setup';
import { commandLine } from './command-line';
import { runCommand } from './run-command';

const ROOT = join(__dirname, '..');
const RESULTS = join(ROOT, '.lab/test-results.json');

interface Count {
  readonly passed: number;
  readonly failed: number;
  /** Names of the tests that were skipped, with their reasons. */
  readonly skipped?: readonly string[];
}

const command = commandLine({
  name: 'npm test --',
  description:
    'Runs every check: formatting, types, fast tests, tests with real guests, one whole experiment.',
  examples: ['npm run check', 'npm test'],
}).option('--fast', 'only what takes about a minute: no guest, no real provider (npm run check)');

void runCommand(async () => {
  const { fast = false } = command.parse().opts<{ fast?: boolean }>();
  return (await run(fast)) > 0 ? EXIT.failed : EXIT.done;
});

/** Runs all checks, one after the other, whatever fails; prints the sum last. Returns the number of failures. */
async function run(fast: boolean): Promise<number> {
  await setup('tests', (line) => console.log(line));
  const checks: (() => Promise<Count>)[] = [
    () => check('Formatting and lint', 'biome', ['check', '--error-on-warnings', '.']),
    () => check('Types', 'tsc', []),
    () => check("Types of the node's page", 'tsc', ['-p', 'local-node/page/browser']),
    () => check('Unused files, exports and dependencies', 'knip', []),
    () => jest('fast', []),
  ];
  if (!fast) {
    checks.push(
      () => jest('contract', []),
      () => jest('report', []),
      () => jest('page', ['--runInBand']),
      () => jest('ground-truth', ['--runInBand']),
      () => jest('guest', ['--runInBand']),
      () => jest('e2e', ['--runInBand']),
    );
  }
  const counts: Count[] = [];
  for (const each of checks) counts.push(await each());
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failed = counts.reduce((sum, count) => sum + count.failed, 0);
  console.log(describeSkipped(counts.flatMap(({ skipped = [] }) => skipped)));
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed;
}

/** A tool whose exit code is the verdict: it counts as one test. */
async function check(title: string, tool: string, args: readonly string[]): Promise<Count> {
  console.log(`\n== ${title}`);
  const { ok } = await start([join(ROOT, 'node_modules/.bin', tool), ...args], {
    cwd: ROOT,
    stdio: ['inherit', 'inherit', 'inherit'],
  });
  return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function jest(project: string, args: readonly string[]): Promise<Count> {
  console.log(`\n== Tests: ${project}`);
  mkdirSync(join(ROOT, '.lab'), { recursive: true });
  rmSync(RESULTS, { force: true });
  const { ok } = await start(
    [
      join(ROOT, 'node_modules/.bin/jest'),
      ...['--selectProjects', project, '--json', `--outputFile=${RESULTS}`, ...args],
    ],
    // jest repeats its JSON on standard output, where nobody reads it.
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (!existsSync(RESULTS)) return { passed: 0, failed: 1 };
  const results = JSON.parse(readFileSync(RESULTS, 'utf8')) as {
    numPassedTests: number;
    numFailedTests: number;
    numRuntimeErrorTestSuites: number;
    testResults: { assertionResults: { status: string; fullName: string }[] }[];
  };
  const tests = results.testResults.flatMap(({ assertionResults }) => assertionResults);
  const skipped = tests.filter(({ status }) => status === 'pending').map(({ fullName }) => fullName);
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  // A run that failed without a failed test, for example by an open handle, is a failure too.
  return { passed: results.numPassedTests, failed: !ok && failed === 0 ? 1 : failed, skipped };
}

/** How many tests were skipped for each reason (test/skip.ts writes it into their names). */
function describeSkipped(names: readonly string[]): string {
  const reasons = names.map((name) => /\[skipped: (.+?)\]/.exec(name)?.[1] ?? `no reason given: ${name}`);
  const lines = [...new Set(reasons)].map(
    (reason) => `  ${reasons.filter((each) => each === reason).length}: ${reason}`,
  );
  return [`\n${names.length} skipped`, ...lines].join('\n');
}
