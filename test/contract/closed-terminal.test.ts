import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCommand } from '../../setup/system-packages';
import { LabCopy, type Running, readIfThere } from '../e2e/lab-copy';
import { testUnless } from '../skip';

/**
 * `npm start` with the real Terraform and provider, cut at each stage by what a closed terminal, an impatient user and a
 * system do. Each run begins where the one before was cut, so that it shows what the next run makes of it.
 */
jest.setTimeout(120_000);

const lab = new LabCopy(18_206, 18_222);
const STATE = join(lab.directory, 'terraform.lab.tfstate');

beforeAll(() => {
  // One guest is enough.
  const file = join(lab.directory, 'lab.yaml');
  const lines = readFileSync(file, 'utf8').split('\n');
  writeFileSync(file, lines.filter((line) => !/name: (moodle|mediawiki),/.test(line)).join('\n'));
});

afterAll(() => lab.remove());

type Cut = (run: Running) => void;

/** A signal to all programs of the terminal's foreground, twice in a row. */
const twice =
  (signal: NodeJS.Signals): Cut =>
  ({ child }) => {
    process.kill(-Number(child.pid), signal);
    setTimeout(() => {
      try {
        process.kill(-Number(child.pid), signal);
      } catch {
        // All of them have ended.
      }
    }, 100);
  };

const toNpm =
  (signal: NodeJS.Signals): Cut =>
  ({ child }) => {
    child.kill(signal);
  };

const closeTerminal = toNpm('SIGKILL');

const killAll: Cut = ({ child }) => {
  process.kill(-Number(child.pid), 'SIGKILL');
};

const killCdktf: Cut = () => {
  for (const { pid, commandLine } of lab.programs()) {
    if (/\/cdktf (deploy|destroy)/.test(commandLine)) process.kill(pid, 'SIGKILL');
  }
};

/** Runs npm start until the moment, cuts it, and waits until nothing that it began runs any more. */
async function cutAt(
  moment: Moment,
  cut: Cut,
  inTerminal: boolean,
  args: readonly string[],
): Promise<string> {
  // Nobody is there to answer how long to wait for a quiet machine.
  const command = ['start', '--', '--engine', 'simulated', '--wait-quiet', '0', ...args];
  const run = inTerminal ? lab.npmInTerminal(command) : lab.npm(command);
  if (typeof moment === 'string') await run.seen(moment);
  else await until(() => lab.programs().some(({ commandLine }) => moment.test(commandLine)), run);
  cut(run);
  const { output } = await run.ended;
  await until(() => lab.programs().length === 0);
  return output;
}

async function until(holds: () => boolean, run?: Running): Promise<void> {
  let ended = false;
  void run?.ended.then(() => {
    ended = true;
  });
  for (let wait = 0; !holds(); wait += 1) {
    if (ended || wait > 3000)
      throw new Error(`never came: ${holds}; there is ${JSON.stringify(lab.programs())}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What npm start says, or the command line of a program. */
type Moment = string | RegExp;

function expectWholeState(): void {
  const text = readIfThere(STATE);
  if (text !== '') expect(JSON.parse(text)).toMatchObject({ version: 4 });
}

describe('npm start that is cut leaves no program and a whole state, and nothing of the lab where it could clean', () => {
  test.each<[string, string, Moment, Cut, boolean]>([
    ['before anything', 'SIGHUP twice', 'bootstrap.mjs start', twice('SIGHUP'), false],
    ['as the local node starts', 'a closed terminal', '== Local node up', closeTerminal, true],
  ])('%s, by %s', async (_stage, _how, moment, cut, inTerminal) => {
    await cutAt(moment, cut, inTerminal, []);
    expectWholeState();
    expect(await lab.isDown()).toBe(true);
  });

  test.each<[string, string, Moment, Cut, boolean]>([
    ['at synth', 'SIGKILL of npm', / main\.ts$/, toNpm('SIGKILL'), false],
    ['at synth', 'SIGHUP twice', / main\.ts$/, twice('SIGHUP'), false],
    ['as Terraform begins', 'SIGTERM twice', /terraform(-guard\.sh)? init/, twice('SIGTERM'), false],
    ['as Terraform begins', 'a closed terminal', /terraform(-guard\.sh)? init/, closeTerminal, true],
    ['as Terraform plans', 'SIGHUP twice', /terraform(-guard\.sh)? (plan|apply)/, twice('SIGHUP'), false],
    ['as Terraform plans', 'SIGINT twice', /terraform(-guard\.sh)? (plan|apply)/, twice('SIGINT'), false],
    ['at the first resource', 'a closed terminal', 'creation complete', closeTerminal, true],
    ['at the guest', 'SIGHUP twice', 'user-data_', twice('SIGHUP'), false],
    ['at the last resource', 'a closed terminal', 'readiness_wait', closeTerminal, true],
    ['as it destroys', 'a closed terminal', 'destruction complete', closeTerminal, true],
    ['as it destroys', 'SIGTERM to npm', 'destruction complete', toNpm('SIGTERM'), false],
  ])('%s, by %s', async (_stage, _how, moment, cut, inTerminal) => {
    if (await lab.isDown()) await lab.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended;
    const output = await cutAt(moment, cut, inTerminal, []);
    expectWholeState();
    if (lab.deployed() > 0) throw new Error(`${lab.deployed()} resources are left:\n${output}`);
  });

  test.each<[string, string, Moment, Cut]>([
    ['in the middle of the deployment', 'SIGKILL of everything', 'servers_bridge', killAll],
    ['at the guest', 'SIGKILL of cdktf', 'user-data_', killCdktf],
  ])('%s, by %s: the next takes the rest away', async (_stage, _how, moment, cut) => {
    await cutAt(moment, cut, false, ['--keep', '--yes']);
    expectWholeState();
  });

  test('in the end it deploys, plans nothing further, and destroys', async () => {
    expect((await lab.start('--keep').ended).code).toBe(0);
    expect((await lab.npm(['exec', 'cdktf', 'deploy', '--', '--auto-approve']).ended).output).toContain(
      'No changes.',
    );
    const { output, code } = await lab.start().ended;
    expect(output).toContain('Nothing of the lab is on the node.');
    expect(code).toBe(0);
    expect(lab.deployed()).toBe(0);
  });
});

const lacking = findCommand('mmdebstrap') ? undefined : 'mmdebstrap not installed';
testUnless(lacking)('a template whose terminal closes as it is built leaves nothing of it', async () => {
  const cache = join(lab.directory, '.lab/empty-cache');
  const run = lab.npmInTerminal(['run', 'template'], { XDG_CACHE_HOME: cache });
  await run.seen('template: Debian');
  closeTerminal(run);
  await run.ended;
  await until(() => lab.programs().length === 0);
  const left = readdirSync(join(cache, 'pve-virtualization-lab'));
  expect(left.filter((name) => name !== '.lock')).toEqual([]);
});

test('a local node that comes up as its terminal closes is up, and goes down', async () => {
  await lab.npm(['run', 'node', '--', 'down']).ended;
  const run = lab.npmInTerminal(['run', 'node', '--', 'up', '--engine', 'simulated']);
  await until(
    () => lab.programs().some(({ commandLine }) => commandLine.includes('local-node/main.ts')),
    run,
  );
  closeTerminal(run);
  await run.ended;
  await until(() => readIfThere(join(lab.state, 'connection.json')) !== '');
  expect((await lab.npm(['run', 'node', '--', 'status']).ended).code).toBe(0);
  expect((await lab.npm(['run', 'node', '--', 'down']).ended).code).toBe(0);
  expect(await lab.isDown()).toBe(true);
  expect(readIfThere(join(lab.state, 'log/node.log'))).not.toMatch(/a fault that nothing caught/);
});
