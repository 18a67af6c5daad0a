/** `npm run measure`: collects the raw data of one run from the deployed lab. */
import { join, relative } from 'node:path';
import Table from 'cli-table3';
import { Argument, Command, Option } from 'commander';
import { environment, InputError, loadLab, loadTarget, resultsDirectory } from '../config';
import type { Lab } from '../config/lab';
import { readConnection } from '../config/load-target';
import type { Target } from '../config/target';
import { nextRateAfter } from '../measure/analyse/load/load-ladder';
import { applicationIsEnough, levelIsEnough } from '../measure/analyse/stopping';
import { unlessAborted } from '../measure/collect/abort';
import { findDelayPlace } from '../measure/collect/clients/delay';
import { describeEnvironment } from '../measure/collect/environment';
import { estimateSeconds, mayStopEarly } from '../measure/collect/estimate';
import { collectLoad } from '../measure/collect/load/load';
import { compareClocks } from '../measure/collect/node-clock';
import { lockNode } from '../measure/collect/node-lock';
import { checkNode, missingApplications } from '../measure/collect/preflight';
import { minutes, Progress } from '../measure/collect/progress';
import { pollApi } from '../measure/collect/resources/api-sample';
import { ApiPower, bringTo } from '../measure/collect/resources/guest-power';
import { collectResources } from '../measure/collect/resources/resources';
import { collectQos } from '../measure/collect/sessions/qos';
import type { LoadStep, Scenario } from '../measure/run/raw-data';
import { RunDirectory } from '../measure/run/run-directory';
import { type ReaderKind, registerPlan } from '../measure/run/run-plan';
import { checkRequest, type PlannedRun, type RunRequest, usualPlan } from '../measure/run/run-request';
import { ApiClient } from '../proxmox/api-client';
import { checkTarget } from '../proxmox/check-target';
import { GuestAgent } from '../proxmox/guest-agent';
import { NodeShell } from '../proxmox/node-shell';

export interface MeasureOptions extends RunRequest {
  readonly target: Target;
  /** Lets all guests run at the end, as they did at the start; false where they are destroyed next anyway. */
  readonly restore: boolean;
  readonly signal: AbortSignal;
  readonly write: (line: string) => void;
}

export interface MeasureResult {
  /** The run's directory. */
  readonly directory: string;
  /** One line for each visit, session or ladder that is not complete. */
  readonly faults: readonly string[];
  readonly interrupted: boolean;
  readonly seconds: number;
  readonly visits: number;
  readonly sessions: number;
  readonly ladders: number;
  readonly missingApplications: readonly { readonly guest: string; readonly reason: string }[];
}

/**
 * Measures the deployed lab and keeps the raw data. Throws before anything is touched if the lab is not there or the
 * directory holds a run; afterwards faults are recorded and the rest goes on.
 */
export async function measure(options: MeasureOptions): Promise<MeasureResult> {
  const { lab, target } = options;
  const begin = performance.now();
  const directory = new RunDirectory(join(resultsDirectory(), options.run));
  const request = checkRequest(directory, options);
  const client = new ApiClient(target);
  const shell = await NodeShell.connect(target.ssh);
  let unlock: (() => Promise<void>) | undefined;
  try {
    await checkNode(client, shell, lab, request.scenarios, request.reader);
    unlock = await lockNode(shell, lab.name);
    return await withNode({ ...options, ...request, client, shell, directory, begin });
  } finally {
    await unlock?.();
    shell.close();
    await client.close();
  }
}

async function withNode(
  options: MeasureOptions &
    PlannedRun & {
      readonly client: ApiClient;
      readonly shell: NodeShell;
      readonly directory: RunDirectory;
      readonly begin: number;
    },
): Promise<MeasureResult> {
  const { lab, client, shell, directory, signal } = options;
  const clock = await compareClocks(shell);
  const agentOf = (guest: Lab['guests'][number]) => new GuestAgent(client, guest.vmid);
  let say: (text: string) => void = options.write;
  const power = new ApiPower(client, clock, {
    readinessSeconds: lab.readinessSeconds,
    onProgress: (text) => say(text),
  });
  const faults: string[] = [];
  try {
    // Every guest must run to be asked for its application; after a deploy all of them do.
    await unlessAborted(bringTo(power, lab.guests, lab.guests), signal);
    const delayPlace = options.scenarios.some((scenario) => scenario !== 'resources')
      ? await findDelayPlace(shell, options.resume ? directory.plan().lab : lab, agentOf)
      : null;
    const plan = options.resume
      ? directory.plan()
      : registerPlan(lab, {
          run: options.run,
          planName: options.planName,
          scenarios: options.scenarios,
          registeredAt: new Date(clock.now() * 1000).toISOString(),
          reader: options.reader,
          missingApplications: await unlessAborted(
            missingApplications(lab.guests, (guest) => power.untilReady(guest)),
            signal,
          ),
        });
    if (!options.resume) await directory.create(plan);
    const target = options.target.kind;
    const described = await describeEnvironment({ shell, client, clock, lab, target, acceleration: null });
    await directory.saveEnvironment(described);
    say = new Progress(
      { seconds: estimateSeconds(plan, described.acceleration), isMost: mayStopEarly(plan) },
      options.write,
    ).say;
    for (const { guest, reason } of plan.missingApplications) say(`${guest}: left out, ${reason}`);
    const world = { shell, clock, progress: say, signal };
    // Sessions first: all guests run already, as they did in the paper.
    if (plan.scenarios.includes('qos')) {
      const isEnough = (guest: string) =>
        plan.plan.qos?.precision !== undefined &&
        applicationIsEnough(plan, directory.sessionsOf(plan, guest), guest);
      faults.push(...(await collectQos({ ...world, agent: agentOf, delayPlace, isEnough }, plan, directory)));
    }
    const { load } = plan.plan;
    if (plan.scenarios.includes('load') && load !== undefined) {
      const nextRate = (steps: readonly LoadStep[]) => nextRateAfter(load, steps);
      faults.push(
        ...(await collectLoad({ ...world, agent: agentOf, delayPlace, nextRate }, plan, directory)),
      );
    }
    if (plan.scenarios.includes('resources')) {
      const isEnough = (level: number) =>
        plan.plan.resources?.precision !== undefined &&
        levelIsEnough(plan, directory.visitsOf(plan, level), level);
      const poll = () => pollApi(client, lab.guests, clock.now);
      faults.push(...(await collectResources({ ...world, power, poll, isEnough }, plan, directory)));
    }
    if (options.restore) await unlessAborted(bringTo(power, lab.guests, lab.guests), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    faults.push('interrupted');
  }
  const seconds = (performance.now() - options.begin) / 1000;
  return { directory: directory.path, faults, interrupted: signal.aborted, seconds, ...directory.contents() };
}

/** 2026-11-23-143000, in UTC. */
function nameOfRun(now: Date): string {
  return now.toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
}

function table(result: MeasureResult): string {
  const rows = new Table({ style: { head: [], border: [] } });
  rows.push(
    ['visits of scenario 1, complete', result.visits],
    ['sessions of scenario 2, complete', result.sessions],
    ['ladders of load, complete', result.ladders],
    ['time taken', `${minutes(result.seconds)} min`],
    ...result.missingApplications.map(({ guest, reason }) => [`not measured: ${guest}`, reason]),
    ...result.faults.map((fault) => ['fault', fault]),
  );
  return rows.toString();
}

/** Exit codes, named in the help. */
const exitCodes = { complete: 0, notBegun: 1, badInput: 2, faults: 3, interrupted: 130 };

const help = `
Exit codes: 0 complete, 1 not begun for the state of the lab, or broken off, 2 bad input (arguments, lab.yaml, environment,
a node that refuses them), 3 ended with faults (see the table), 130 interrupted.

Examples:
  npm run measure                             both scenarios, the short plan
  npm run measure -- --plan quick             both, once each: no spread, no intervals
  npm run measure -- resources --plan paper   scenario 1 as planned for figures that stand up
  npm run measure -- load                     the rate at which each application stops keeping up
  npm run measure -- qos --reader browser     scenario 2 as a person sees it, in the Chromium of the node
  npm run measure -- --resume 2026-11-23-143000
`;

async function main(): Promise<number> {
  const command = new Command('measure')
    .description('Collects the raw data of one run from the deployed lab.')
    .addArgument(new Argument('[scenario]', 'only this scenario').choices(['resources', 'qos', 'load']))
    .option('--plan <name>', `plan of lab.yaml (default: ${usualPlan}, or the first that has the scenario)`)
    .addOption(
      new Option(
        '--reader <reader>',
        'what reads the pages of scenario 2: a script, or Chromium on the node (default: scripted; with --resume: as begun)',
      ).choices(['scripted', 'browser']),
    )
    .option('--run <name>', 'name of the run under results/ (default: the time)')
    .option('--resume <run>', 'continue a run that was cut off')
    .option('--no-restore', 'leave the guests as the last visit left them')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', help)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : exitCodes.badInput))
    .parse();
  const flags = command.opts<{
    plan?: string;
    reader?: ReaderKind;
    run?: string;
    resume?: string;
    restore: boolean;
    json?: boolean;
  }>();
  const run = flags.resume ?? flags.run ?? nameOfRun(new Date());
  if (!/^[\w][\w.-]*$/.test(run)) {
    console.error(`--run ${run}: letters, digits, ".", "_" and "-" only`);
    return exitCodes.badInput;
  }
  const [scenario] = command.processedArgs as [Scenario | undefined];
  const interrupt = new AbortController();
  process.once('SIGINT', () => {
    console.error('interrupted: removing the clients, keeping what was measured (Ctrl-C again to give up)');
    interrupt.abort(new Error('interrupted'));
  });
  process.once('SIGTERM', () => interrupt.abort(new Error('interrupted')));
  const lab = loadLab();
  const target = loadTarget(lab);
  await checkTarget(target);
  const result = await measure({
    lab,
    target,
    acceleration: target.kind === 'local' ? (readConnection(environment)?.acceleration ?? null) : null,
    planName: flags.plan,
    scenario,
    reader: flags.reader,
    run,
    resume: flags.resume !== undefined,
    restore: flags.restore,
    signal: interrupt.signal,
    write: (line) => console.error(line),
  });
  if (flags.json) console.log(JSON.stringify(result));
  else {
    console.log(table(result));
    console.log(`raw data: ${relative(process.cwd(), result.directory)}/raw`);
    console.log(`report:   npm run report -- ${run}`);
  }
  if (result.interrupted) return exitCodes.interrupted;
  return result.faults.length > 0 ? exitCodes.faults : exitCodes.complete;
}

if (process.argv[1] === __filename) {
  main().then(
    // The end of what is still under way (a guest that boots on) is nobody's concern any more.
    (code) => process.exit(code),
    (error: unknown) => {
      console.error(error instanceof Error ? error.message : error);
      process.exit(error instanceof InputError ? exitCodes.badInput : exitCodes.notBegun);
    },
  );
}
