import { join } from 'node:path';
import {
  loadTarget,
  logDirectory,
  nodeStateDirectory,
  resultsDirectory,
  usesProxmox,
  withKnownVmids,
} from '../config';
import { type DeployedLab, readDeployedLab, TERRAFORM_STATE } from '../config/deployed-lab';
import type { GuestKind, Lab } from '../config/lab';
import { readConnection } from '../config/load-target';
import { usualTimesFile } from '../config/paths';
import { vmidOwners } from '../config/vmids';
import { EXIT } from '../machine/exit-codes';
import type { LiveLine } from '../machine/live-line';
import { lockHolder } from '../machine/lock';
import { processesNaming } from '../machine/processes';
import { UsualTimes } from '../machine/usual-times';
import { DestroyTimes } from '../measure/collect/destroy-times';
import type { ReaderKind } from '../measure/run/run-plan';
import { ApiClient } from '../proxmox/api-client';
import {
  holdsResources,
  isDeployed as isDeployedIn,
  isLocked,
  keepState,
  keepStateDuring,
  stateIsFree,
} from '../stacks/terraform-state';
import { lacksTemplate } from '../template/template';
import { runCdktf } from './cdktf';
import { findLeftovers, removeLeftovers } from './leftovers';
import { CommandFailedError, type Run, runCommand, type Stages } from './stages';
import { TerraformProgress } from './terraform-progress';

/** Whether Terraform has made anything of this clone's lab that it has not removed. */
export function isDeployed(): boolean {
  return isDeployedIn(TERRAFORM_STATE);
}

export interface ExperimentOptions {
  readonly plan: string;
  readonly engine: 'qemu' | 'simulated';
  readonly reader: ReaderKind;
  readonly run?: string;
  readonly keep?: boolean;
  readonly newTemplate?: boolean;
  /** The kind of all guests, whatever lab.yaml says. */
  readonly guests?: `${GuestKind}s`;
  /** Of the report, beside English. */
  readonly lang: string;
  /** Minutes, before the first sample. */
  readonly waitQuiet?: number;
}

/** Whether a template that the lab is made of is not there yet. */
export function buildsTemplate({ images, guests }: Pick<Lab, 'images' | 'guests'>): boolean {
  return images.source === 'template' && guests.some(({ kind }) => lacksTemplate(process.env, kind));
}

/** Of a run that got no name: when it began, UTC. */
export function nameOfRun(): string {
  return new Date().toISOString().slice(0, 19).replace('T', '-').replaceAll(':', '');
}

/** What cdktf gets of the options; the rest of its environment is this program's. */
export function cdktfEnvironment({
  newTemplate,
  guests,
}: Pick<ExperimentOptions, 'newTemplate' | 'guests'>): Record<string, string> {
  return { ...(newTemplate && { LAB_NEW_TEMPLATE: 'yes' }), ...(guests && { LAB_GUESTS: guests }) };
}

/** The stages of the whole experiment, and those that take away what it made. */
export class Experiment {
  /** Name of the run under results/. */
  readonly run: string;
  private readonly say: (line: string) => void;
  private readonly times = new UsualTimes(usualTimesFile());
  private readonly local = !usesProxmox(process.env);
  /** Whether there is a report of this run. */
  reported = false;
  /** What was last known to be deployed: a destroy takes it out of Terraform's state, and leaves may be left. */
  private deployed: DeployedLab = { identity: undefined, guests: [], templateKey: undefined };
  private nodeWasUp = false;
  private nodeStarted = false;
  /** Whether there is a node that something may have been made on. */
  private reachable = false;

  constructor(
    private readonly lab: Lab,
    private readonly options: ExperimentOptions,
    private readonly line: LiveLine,
  ) {
    this.say = line.say;
    this.run = options.run ?? nameOfRun();
  }

  async carryOut(stages: Stages): Promise<void> {
    if (buildsTemplate(this.lab)) {
      const containers = this.lab.guests.some(({ kind }) => kind === 'container');
      await stages.run('Guest template (minutes, once)', () =>
        runCommand('template', containers ? ['--containers'] : []),
      );
    }
    if (this.local) {
      this.nodeWasUp = localNodeIsUp();
      this.nodeStarted = true;
      await stages.run('Local node up', () => this.nodeUp());
    }
    this.reachable = true;
    await this.removeRemainders(stages);
    await stages.run('Deploy', () => this.cdktf('deploy'));
    if (this.local && this.options.engine === 'simulated') {
      this.say('\nThe guests are simulated: there is nothing to measure, and no report.');
    } else {
      await this.measureAndReport(stages);
    }
  }

  /** What could be measured is reported, also where a part of it has a fault. */
  private async measureAndReport(stages: Stages): Promise<void> {
    // The guests are destroyed next: bringing all of them up again after the last level would be for nothing.
    const restore = this.options.keep ? [] : ['--no-restore'];
    const { plan, reader, waitQuiet } = this.options;
    const quiet = waitQuiet === undefined ? [] : ['--wait-quiet', String(waitQuiet)];
    const measure = ['--plan', plan, '--reader', reader, '--run', this.run, ...quiet, ...restore];
    let fault: unknown;
    try {
      await stages.run('Measure', () => runCommand('measure', measure));
    } catch (error) {
      if (!(error instanceof CommandFailedError && error.code === EXIT.incomplete)) throw error;
      fault = error;
    }
    await stages.run('Report', () => runCommand('report', [this.run, '--lang', this.options.lang]));
    this.reported = true;
    if (fault) throw fault;
  }

  /** Destroys the lab, makes sure that nothing of it is left, and ends the local node if this run started it. */
  async takeAway(stages: Stages): Promise<void> {
    stages.beginCleaning();
    let newlyKnown = false;
    try {
      // Where the node has not come up, this run has made nothing.
      if (this.reachable) {
        if (this.local && !localNodeIsUp()) {
          const log = join(nodeStateDirectory(process.env), 'log/node.log');
          this.say(`\nThe local node has ended by itself; it comes up again to be cleaned. Its log: ${log}`);
          await stages.run('Local node up again', () => this.nodeUp());
        }
        if (await this.hasState(stages)) newlyKnown = await this.destroy(stages);
        await this.removeRemainders(stages);
      }
    } finally {
      if (this.nodeStarted && !this.nodeWasUp) {
        await stages.run('Local node down', () => runCommand('node', ['down']));
        this.checkProcesses();
      }
    }
    // Last, so that nothing is left behind by a report that fails.
    if (newlyKnown)
      await stages.run('Report, now with destroying', () =>
        runCommand('report', [this.run, '--lang', this.options.lang]),
      );
  }

  /** How long guests take to be destroyed belongs to the run. True = it is recorded; nothing fails without it. */
  private async destroy(stages: Stages): Promise<boolean> {
    const client = new ApiClient(loadTarget());
    try {
      const times = this.reported
        ? await orSay(DestroyTimes.before(client, withKnownVmids(this.lab)), this.say)
        : undefined;
      await stages.run('Destroy', () => this.cdktf('destroy'));
      const saved = times && orSay(times.save(join(resultsDirectory(), this.run)), this.say);
      return (await saved) === true;
    } finally {
      await client.close();
    }
  }

  /**
   * A run that was killed leaves a lab behind: in Terraform's state, which a destroy takes away, or beside it. Things
   * beside the state are removed on the local node, which is this project's own; on a Proxmox VE node they are named.
   */
  private async removeRemainders(stages: Stages): Promise<void> {
    if (await this.hasState(stages)) {
      this.say('\nA lab of an earlier run is still deployed.');
      await stages.run('Destroy what an earlier run left', () => this.cdktf('destroy'));
    }
    const { identity, guests } = this.deployed;
    // Nothing of any lab was made from here.
    if (!identity) return this.say('Nothing of the lab is on the node.');
    const vmids = new Set([...vmidOwners(withKnownVmids(this.lab)), ...guests].map(({ vmid }) => vmid));
    const sought = { lab: this.lab, identity, vmids };
    const client = new ApiClient(loadTarget());
    try {
      const leftovers = await findLeftovers(client, sought);
      if (leftovers.length === 0) return this.say('Nothing of the lab is on the node.');
      const list = leftovers.map(({ description }) => `  ${description}`).join('\n');
      if (!this.local) {
        throw new Error(
          `Of the lab these are left on the node, outside Terraform's state; remove them by hand:\n${list}`,
        );
      }
      this.say(`Removing what is left of the lab, outside Terraform's state:\n${list}`);
      await removeLeftovers(client, leftovers, () => findLeftovers(client, sought));
    } finally {
      await client.close();
    }
  }

  private nodeUp(): Run {
    return runCommand('node', [
      ...['up', '--engine', this.options.engine, '--name', this.lab.nodeName, '--no-link'],
    ]);
  }

  private checkProcesses(): void {
    const left = processesNaming(nodeStateDirectory(process.env));
    if (left.length > 0) {
      const list = left.map(({ pid, commandLine }) => `  ${pid} ${commandLine.slice(0, 120)}`).join('\n');
      throw new Error(`Processes of the local node are left:\n${list}`);
    }
    this.say('No process, tap or namespace of the local node is left.');
  }

  private cdktf(command: 'deploy' | 'destroy'): ReturnType<typeof runCdktf> {
    const putBack = keepState(TERRAFORM_STATE);
    if (putBack) this.say(`\nTerraform's state was cut off; ${putBack} takes its place.`);
    const log = join(logDirectory(), `cdktf-${command}.log`);
    const environment = { ...trust(), ...cdktfEnvironment(this.options) };
    const usual = `${command} ${this.lab.guests.length} guests, ${this.local ? this.options.engine : 'proxmox'}`;
    const wait = this.line.waitFor(command === 'deploy' ? 'Deploy' : 'Destroy', {
      expected: this.times.of(usual),
    });
    const progress = new TerraformProgress(wait);
    const hear = (line: string): void => {
      this.say(line);
      progress.hear(line);
    };
    const begin = performance.now();
    const { done, interrupt } = runCdktf(command, environment, log, hear);
    const timed = done
      .then(() => this.times.keep(usual, (performance.now() - begin) / 1000))
      .finally(() => wait.end());
    return { done: keepStateDuring(TERRAFORM_STATE, timed), interrupt };
  }

  /** Whether Terraform's state holds anything. */
  private async hasState(stages: Stages): Promise<boolean> {
    // Where cdktf, or an earlier run, was killed, its Terraform still ends what it was doing.
    if (isLocked(TERRAFORM_STATE)) await stages.run('Wait for a Terraform that still runs', waitForTerraform);
    const putBack = keepState(TERRAFORM_STATE);
    if (putBack) this.say(`\nTerraform's state was cut off; ${putBack} takes its place.`);
    const deployed = readDeployedLab();
    if (deployed.identity) this.deployed = deployed;
    return holdsResources(TERRAFORM_STATE);
  }
}

function waitForTerraform(): Run {
  const stop = new AbortController();
  return { done: stateIsFree(TERRAFORM_STATE, stop.signal), interrupt: () => stop.abort() };
}

/** Lets the provider, a Go program, trust the local node's CA besides the system's. */
function trust(): Record<string, string> {
  const { kind, caFile } = loadTarget();
  if (kind !== 'local' || !caFile) return {};
  return { SSL_CERT_DIR: [join(caFile, '..'), process.env.SSL_CERT_DIR ?? '/etc/ssl/certs'].join(':') };
}

/** Undefined where it fails, which is said. */
async function orSay<T>(work: Promise<T>, say: (line: string) => void): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    say(`The times of destroying are not recorded: ${(error as Error).message}`);
    return undefined;
  }
}

/** A connection file alone proves nothing: a killed node leaves it behind. */
function localNodeIsUp(): boolean {
  return (
    readConnection(process.env) !== undefined && lockHolder(nodeStateDirectory(process.env)) !== undefined
  );
}
