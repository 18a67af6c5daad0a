/**
 * How the local node grows: seconds per guest to apply, plan and destroy labs of 100, 300 and 1,000 simulated guests,
 * declared in lab.yaml, synthesized by cdktf and deployed by Terraform, and what the node's process computes for it;
 * what lists take and what 50 clients get meanwhile; and the memory of that process. Nothing of a guest runs. Goals:
 * within 1.3 times the time per guest at the smallest lab, lists under 50 ms, 500 calls a second with a p99 under
 * 300 ms, 200 MiB. cdktf deploys the same, but handles all that Terraform says more slowly the more there is.
 *
 * Terraform writes its whole state after every change, so that its own time grows with the lab. Each row therefore also
 * has what Terraform takes alone: for as many resources, as long in the state, with no node behind them. With --plain
 * guests alone are deployed, with nothing of the lab around them.
 *
 *   npx tsx bench/growth.ts [--plain] [guests ...]        10 minutes for --plain 100 300 1000
 */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repositoryRoot } from '../config';
import { run } from '../machine/command';
import { LabCopy } from '../test/e2e/lab-copy';
import { cpuSeconds } from './growth/cpu-seconds';
import { type ApiLoad, LISTS } from './growth/lists';
import { plainGuests } from './growth/plain-guests';
import { resourcesAlone, stateSize } from './growth/terraform-alone';
import { labWith } from './lab-file';

/** Seconds of wall time, and of CPU time of the node's process. */
interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

interface Growth {
  readonly guests: number;
  readonly apply: Cost;
  readonly plan: Cost;
  readonly destroy: Cost;
  /** Terraform without a node, seconds. */
  readonly alone: { readonly apply: number; readonly destroy: number };
  readonly load: ApiLoad;
  /** MiB resident after the deployment, and at most. */
  readonly memory: { readonly deployed: number; readonly peak: number };
}

const PARALLELISM = '-parallelism=50';

async function cost(pid: number, work: () => Promise<unknown>): Promise<Cost> {
  const begin = { wall: performance.now(), cpu: cpuSeconds(pid) };
  await work();
  return { wall: (performance.now() - begin.wall) / 1000, cpu: cpuSeconds(pid) - begin.cpu };
}

function memory(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}

async function grow(guests: number, plain: boolean): Promise<Growth> {
  const lab = new LabCopy(18_590, 18_592);
  let environment: NodeJS.ProcessEnv = {};
  const directory = plain ? 'plain' : 'cdktf.out/stacks/lab';
  const npm = async (...args: readonly string[]): Promise<void> => {
    const { code, output } = await lab.npm(args, environment).ended;
    if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}:\n${output.slice(-4000)}`);
  };
  const terraformIn = (place: string, command: string, ...args: readonly string[]) =>
    npm('exec', '--', 'terraform', `-chdir=${place}`, command, '-input=false', ...args);
  const terraform = (command: string, ...args: readonly string[]) => terraformIn(directory, command, ...args);
  try {
    const lockFile = '.lab/terraform.lock.hcl'; // of npm run setup
    cpSync(join(repositoryRoot, lockFile), join(lab.directory, lockFile));
    writeFileSync(join(lab.directory, 'lab.yaml'), labWith(guests));
    await npm('run', '-s', 'node', '--', 'up', '--engine', 'simulated');
    const connection = join(lab.state, 'connection.json');
    const pid = lab.nodePid();
    if (plain) {
      environment = lab.asProxmox();
      mkdirSync(join(lab.directory, directory));
      writeFileSync(join(lab.directory, directory, 'main.tf'), plainGuests(guests, 'pve'));
    } else {
      await npm('exec', '--', 'cdktf', 'synth');
    }
    await terraform('init');
    const apply = await cost(pid, () => terraform('apply', '-auto-approve', PARALLELISM));
    const deployed = memory(pid, 'VmRSS');
    const plan = await cost(pid, () => terraform('plan', '-detailed-exitcode', PARALLELISM));
    const load = [join(repositoryRoot, 'bench/growth/api-load.ts'), connection, String(guests)];
    const stdout = await run([process.execPath, '--import', 'tsx', ...load]);
    const peak = memory(pid, 'VmHWM');
    const state = plain ? join(directory, 'terraform.tfstate') : 'terraform.lab.tfstate';
    const size = stateSize(join(lab.directory, state));
    const destroy = await cost(pid, () => terraform('destroy', '-auto-approve', PARALLELISM));
    mkdirSync(join(lab.directory, 'alone'));
    writeFileSync(join(lab.directory, 'alone/main.tf'), resourcesAlone(size));
    await terraformIn('alone', 'init');
    const bare = async (command: string) => {
      const { wall } = await cost(pid, () => terraformIn('alone', command, '-auto-approve', PARALLELISM));
      return wall;
    };
    const alone = { apply: await bare('apply'), destroy: await bare('destroy') };
    return {
      ...{ guests, apply, plan, destroy, alone },
      load: JSON.parse(stdout) as ApiLoad,
      memory: { deployed, peak },
    };
  } finally {
    await lab.remove();
  }
}

/** The lines of the table in docs/explanation/growth.md. */
function printRow(row: Growth, first: Growth): void {
  const grown = (seconds: (of: Growth) => number) => {
    const each = seconds(row) / row.guests;
    return `${each.toFixed(3)} s (${(each / (seconds(first) / first.guests)).toFixed(2)})`;
  };
  const ofFirst = (what: 'apply' | 'plan' | 'destroy') =>
    `${grown((of) => of[what].wall)} / ${((1000 * row[what].cpu) / row.guests).toFixed(0)} ms`;
  const { lists, callsPerSecond, p50, p99 } = row.load;
  const cells = [
    row.guests.toLocaleString('en'),
    ...(['apply', 'plan', 'destroy'] as const).map(ofFirst),
    ...(['apply', 'destroy'] as const).map((what) => grown((of) => of.alone[what])),
    ...LISTS.map((path) => (lists[path] ?? 0).toFixed(0)),
    callsPerSecond.toFixed(0),
    `${p50.toFixed(0)} / ${p99.toFixed(0)}`,
    `${row.memory.deployed.toFixed(0)} / ${row.memory.peak.toFixed(0)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { plain: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const counts = positionals.map(Number);
  console.log(
    "Seconds per guest (times that of the first row) / the node's own CPU time; lists in ms; 50 clients; MiB after apply / peak",
  );
  const alone = ['Terraform alone: apply', 'destroy'];
  const headings = [
    'guests',
    'apply',
    'plan',
    'destroy',
    ...alone,
    ...LISTS,
    'calls/s',
    'p50 / p99 ms',
    'MiB',
  ];
  console.log(`| ${headings.join(' | ')} |\n|${headings.map(() => '---:').join('|')}|`);
  let first: Growth | undefined;
  for (const count of counts.length > 0 ? counts : [100, 300, 1000]) {
    const row = await grow(count, values.plain);
    first ??= row;
    printRow(row, first);
  }
}

void main();
