/**
 * How the local node grows: seconds per guest to apply, plan and destroy labs of 100, 300 and 1,000 simulated guests,
 * declared in lab.yaml and deployed by cdktf as a user would; what lists take and what 50 clients get meanwhile; and the
 * memory of the node's process. Nothing of a guest runs. Goals: within 1.3 times the time per guest at the smallest lab,
 * lists under 50 ms, 500 calls a second with a p99 under 300 ms, 200 MiB.
 *
 *   npx tsx bench/growth.ts [guests ...]        20 minutes for 100 300 1000
 */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../config';
import { run } from '../machine/command';
import { LabCopy } from '../test/e2e/lab-copy';
import { type ApiLoad, LISTS } from './growth/lists';
import { labWith } from './lab-file';

interface Growth {
  readonly guests: number;
  /** Seconds. */
  readonly apply: number;
  readonly plan: number;
  readonly destroy: number;
  readonly load: ApiLoad;
  /** MiB resident after the deployment, and at most. */
  readonly memory: { readonly deployed: number; readonly peak: number };
}

const PARALLELISM = '50';

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}

function memory(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024;
}

async function grow(guests: number): Promise<Growth> {
  const lab = new LabCopy(18_406, 18_422);
  const npm = async (...args: readonly string[]): Promise<void> => {
    const { code, output } = await lab.npm(args).ended;
    if (code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${code}:\n${output.slice(-4000)}`);
  };
  const cdktf = (command: string) =>
    npm('exec', '--', 'cdktf', command, '--auto-approve', '--parallelism', PARALLELISM);
  try {
    const lockFile = '.lab/terraform.lock.hcl'; // of npm run setup
    cpSync(join(repositoryRoot, lockFile), join(lab.directory, lockFile));
    writeFileSync(join(lab.directory, 'lab.yaml'), labWith(guests));
    await npm('run', '-s', 'node', '--', 'up', '--engine', 'simulated');
    const connection = join(lab.state, 'connection.json');
    const pid = lab.nodePid();
    const apply = await seconds(() => cdktf('deploy'));
    const deployed = memory(pid, 'VmRSS');
    const plan = await seconds(() => npm('exec', '--', 'cdktf', 'diff'));
    const load = [join(repositoryRoot, 'bench/growth/api-load.ts'), connection, String(guests)];
    const stdout = await run([process.execPath, '--import', 'tsx', ...load]);
    const peak = memory(pid, 'VmHWM');
    const destroy = await seconds(() => cdktf('destroy'));
    return {
      ...{ guests, apply, plan, destroy },
      load: JSON.parse(stdout) as ApiLoad,
      memory: { deployed, peak },
    };
  } finally {
    await lab.remove();
  }
}

/** The lines of the table in docs/explanation/growth.md. */
function printRow(row: Growth, first: Growth): void {
  const ofFirst = (what: 'apply' | 'plan' | 'destroy') => {
    const each = row[what] / row.guests;
    return `${each.toFixed(2)} s (${(each / (first[what] / first.guests)).toFixed(2)})`;
  };
  const { lists, callsPerSecond, p50, p99 } = row.load;
  const cells = [
    row.guests.toLocaleString('en'),
    ...(['apply', 'plan', 'destroy'] as const).map(ofFirst),
    ...LISTS.map((path) => (lists[path] ?? 0).toFixed(0)),
    callsPerSecond.toFixed(0),
    `${p50.toFixed(0)} / ${p99.toFixed(0)}`,
    `${row.memory.deployed.toFixed(0)} / ${row.memory.peak.toFixed(0)}`,
  ];
  console.log(`| ${cells.join(' | ')} |`);
}

async function main(): Promise<void> {
  const counts = process.argv.slice(2).map(Number);
  console.log(
    'Seconds per guest (times that of the first row); lists in ms; 50 clients; MiB after apply / peak',
  );
  const headings = ['guests', 'apply', 'plan', 'destroy', ...LISTS, 'calls/s', 'p50 / p99 ms', 'MiB'];
  console.log(`| ${headings.join(' | ')} |\n|${headings.map(() => '---:').join('|')}|`);
  let first: Growth | undefined;
  for (const count of counts.length > 0 ? counts : [100, 300, 1000]) {
    const row = await grow(count);
    first ??= row;
    printRow(row, first);
  }
}

void main();
