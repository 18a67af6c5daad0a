/**
 * Seconds to apply N guests on the local node, with simulated guests, and on fakepve of PyPI, an API with nothing behind
 * it whose tasks take no time: the same configuration and provider, in turns of one run. Goal: the local node is no
 * slower. Each turn begins with an empty node; a destroy on fakepve does not end with this provider.
 *
 *   npx tsx bench/fakepve.ts [guests, default 50] [turns, default 3]        needs Python's venv, and PyPI
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from 'simple-statistics';
import { programEnvironment, run, start } from '../machine/command';
import { LabCopy } from '../test/e2e/lab-copy';
import { cpuSeconds } from './growth/cpu-seconds';
import { plainGuests } from './growth/plain-guests';

const VERSION = '0.5.0';
const FAKE_PORT = 18_596;
const LOCAL_PORT = 18_594;

/** Seconds of wall time of an apply, and of CPU time of the process that answers. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** Python's environment with fakepve in it; returns its program. */
async function installFake(directory: string): Promise<string> {
  const environment = join(directory, 'python');
  await run(['python3', '-m', 'venv', environment]);
  await run([join(environment, 'bin/pip'), 'install', '--quiet', `fakepve[crypto]==${VERSION}`]);
  return join(environment, 'bin/fakepve');
}

async function apply(
  count: number,
  node: { readonly name: string; readonly pid: number },
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<Cost> {
  writeFileSync(join(cwd, 'main.tf'), plainGuests(count, node.name));
  const terraform = (args: readonly string[]) =>
    run(['terraform', ...args], { cwd, env: programEnvironment(env), timeout: 100_000 });
  await terraform(['init']);
  const begin = { wall: performance.now(), cpu: cpuSeconds(node.pid) };
  await terraform(['apply', '-auto-approve', '-parallelism=50']);
  return { wall: (performance.now() - begin.wall) / 1000, cpu: cpuSeconds(node.pid) - begin.cpu };
}

async function applyOnLocalNode(count: number, directory: string): Promise<Cost> {
  const lab = new LabCopy(LOCAL_PORT, LOCAL_PORT + 1);
  try {
    const { code, output } = await lab.npm(['run', 'node', '--', 'up', '--engine', 'simulated']).ended;
    if (code !== 0) throw new Error(output);
    const cwd = mkdtempSync(join(directory, 'turn-'));
    return await apply(count, { name: 'pve', pid: lab.nodePid() }, cwd, lab.asProxmox());
  } finally {
    await lab.remove();
  }
}

async function applyOnFake(count: number, program: string, directory: string): Promise<Cost> {
  const cwd = mkdtempSync(join(directory, 'turn-'));
  writeFileSync(join(cwd, 'guests.json'), '{"guests": []}');
  const where = ['--host', '127.0.0.1', '--port', String(FAKE_PORT), '--time-scale', '0'];
  const fake = start([program, ...where, join(cwd, 'guests.json')]);
  try {
    await sleep(2000); // until it listens
    const { pid, exitCode } = fake.child ?? {};
    // Whatever else listens there must not be taken for it.
    if (pid === undefined || exitCode !== null)
      throw new Error(`fakepve has ended: is port ${FAKE_PORT} free?`);
    // The name, password and certificate that fakepve gives itself; it serves loopback alone.
    return await apply(count, { name: 'pve1', pid }, cwd, {
      PROXMOX_VE_ENDPOINT: `https://127.0.0.1:${FAKE_PORT}`,
      PROXMOX_VE_USERNAME: 'root@pam',
      PROXMOX_VE_PASSWORD: 'secret',
      PROXMOX_VE_INSECURE: 'true',
    });
  } finally {
    fake.child?.kill('SIGTERM');
    await fake;
  }
}

async function main(): Promise<void> {
  const [count = 50, turns = 3] = process.argv.slice(2).map(Number);
  const directory = mkdtempSync(join(tmpdir(), 'bench-fakepve-'));
  try {
    const program = await installFake(directory);
    const [ours, theirs]: [Cost[], Cost[]] = [[], []];
    for (let turn = 0; turn < turns; turn++) {
      ours.push(await applyOnLocalNode(count, directory));
      theirs.push(await applyOnFake(count, program, directory));
    }
    const of = (costs: readonly Cost[], what: keyof Cost) => median(costs.map((cost) => cost[what]));
    const shown = (costs: readonly Cost[]) =>
      `${of(costs, 'wall').toFixed(2)} s (it computed ${of(costs, 'cpu').toFixed(2)} s)`;
    const ratio = (of(ours, 'wall') / of(theirs, 'wall')).toFixed(2);
    console.log(
      `apply of ${count} guests, median of ${turns}: local node ${shown(ours)}, fakepve ${VERSION} ${shown(theirs)}: ratio ${ratio} (goal: at most 1)`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

void main();
