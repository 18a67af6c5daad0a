// Entry of every npm script. Plain JavaScript without packages, so that a fresh clone can run it: it installs the
// npm packages when they are absent or older than the lock file, then runs the TypeScript command in this process.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMMANDS = {
  start: 'commands/start.ts',
  test: 'commands/test.ts',
  check: 'commands/test.ts',
  setup: 'commands/setup.ts',
  doctor: 'commands/doctor.ts',
  privileges: 'commands/privileges.ts',
  template: 'commands/template.ts',
  node: 'commands/node.ts',
  measure: 'measure/plan.ts',
  watch: 'commands/watch.ts',
  report: 'commands/report.ts',
  export: 'commands/export.ts',
  bundle: 'commands/bundle.ts',
  graph: 'commands/graph.ts',
  list: 'commands/list.ts',
  compare: 'commands/compare.ts',
  open: 'commands/open.ts',
  credentials: 'commands/credentials.ts',
  shell: 'commands/shell.ts',
  snapshot: 'commands/snapshot.ts',
  orphans: 'commands/orphans.ts',
  backup: 'commands/backup.ts',
  trace: 'commands/trace.ts',
  analyse: 'commands/analyse.ts',
};

/** Exit codes of machine/exit-codes.ts: bad input, and something that is missing on this machine. */
const BAD_INPUT = 2;
const MISSING = 4;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [command, ...args] = process.argv.slice(2);
// `measure qos` is the script measure/qos.ts; without a scenario, measure/plan.ts asks all that the plan has.
const scenario =
  command === 'measure' && ['resources', 'qos', 'load', 'benchmarks'].find((name) => name === args[0]);
const script = scenario ? `measure/${args.shift()}.ts` : COMMANDS[command];
if (!script) fail(`unknown command ${command}: one of ${Object.keys(COMMANDS).join(', ')}`, BAD_INPUT);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(
    `Node ${process.versions.node} is too old: version 20.19 or later is needed (https://nodejs.org)`,
    MISSING,
  );
}
installPackages();

// A command finds its own name where a program's arguments begin, as if it had been started directly.
process.argv = [process.argv[0], join(root, script), ...(command === 'check' ? ['--fast'] : []), ...args];
const require = createRequire(import.meta.url);
require('tsx/cjs/api').register();
require(join(root, script));

/** npm ci, without the packages' own install scripts, whenever the lock file is not the one that was installed. */
function installPackages() {
  const stamp = join(root, 'node_modules', '.lock-sha256');
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  // npm ci would empty what the link leads to, under whoever else uses it.
  if (lstatSync(dirname(stamp), { throwIfNoEntry: false })?.isSymbolicLink()) {
    fail(
      `${dirname(stamp)} is a link to packages of another package-lock.json: remove it, or npm ci there`,
      MISSING,
    );
  }
  try {
    accessSync(root, constants.W_OK);
  } catch ({ code }) {
    fail(
      `${root} cannot be written (${code}): the lab needs a clone that you may write in; make one in a directory of yours`,
      BAD_INPUT,
    );
  }
  process.stderr.write('Installing npm packages (about half a minute, once) ...\n');
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (npm.status !== 0)
    fail('npm ci failed: see its message above; behind a proxy, set npm config proxy and registry', MISSING);
  writeFileSync(stamp, lock);
}

function fail(message, code) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
