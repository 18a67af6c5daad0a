import { existsSync } from 'node:fs';
import { InputError } from '../../config';
import type { Lab } from '../../config/lab';
import type { ConnectionFile } from '../../config/target';
import type { Scenario } from '../run/raw-data';
import { FORMAT_VERSION } from '../run/records/plan';
import type { RunDirectory } from '../run/run-directory';
import { type ReaderKind, scenariosOf } from '../run/run-plan';
import { NotReadyToMeasureError } from './preflight';

/** What a person asks to have measured. */
export interface RunRequest {
  readonly lab: Lab;
  /** What the local node's engine says of itself; null for a Proxmox VE node, which is asked. */
  readonly acceleration: ConnectionFile['acceleration'] | null;
  /** Absent = the usual one or, if that lacks the scenario, the first in lab.yaml that has it. */
  readonly planName?: string;
  /** Absent = every scenario of the plan. A run that is resumed keeps its own plan and scenarios. */
  readonly scenario?: Scenario;
  /** What reads the pages; by default that of the run which is continued, else the scripted reader. */
  readonly reader?: ReaderKind;
  /** Name of the run under results/. */
  readonly run: string;
  /** Measures what the run of this name lacks, or has only with a fault. */
  readonly resume: boolean;
}

/** What is measured then. */
export interface PlannedRun {
  readonly planName: string;
  readonly scenarios: readonly Scenario[];
  readonly reader: ReaderKind;
}

export const usualPlan = 'short';

/** The plan by its name, else the usual one, or the first that has the scenario. Throws InputError if there is none. */
function choosePlan(
  lab: Lab,
  name: string | undefined,
  scenario: Scenario | undefined,
): Omit<PlannedRun, 'reader'> {
  const names = Object.keys(lab.plans);
  const has = (each: string) => scenario === undefined || lab.plans[each]?.[scenario] !== undefined;
  const planName = name ?? [usualPlan, ...names].find((each) => lab.plans[each] !== undefined && has(each));
  const plan = planName === undefined ? undefined : lab.plans[planName];
  if (planName === undefined || plan === undefined) {
    throw new InputError(
      planName === undefined
        ? `no plan of lab.yaml has ${scenario}; its plans are ${names.join(', ')}`
        : `there is no plan "${planName}" in lab.yaml; it has ${names.join(', ')}`,
    );
  }
  const scenarios = scenariosOf(plan);
  if (scenario === undefined) return { planName, scenarios };
  if (!scenarios.includes(scenario)) {
    throw new InputError(
      `the plan "${planName}" of lab.yaml has no ${scenario}; it has ${scenarios.join(', ')}`,
    );
  }
  return { planName, scenarios: [scenario] };
}

/** What is to be measured. Refuses what cannot be, before anything is touched. */
export function checkRequest(directory: RunDirectory, request: RunRequest): PlannedRun {
  const planned = request.resume ? resumedRun(directory, request) : newRun(directory, request);
  if (request.acceleration === 'simulated') {
    throw new NotReadyToMeasureError(
      'the guests of the local node are simulated: there is nothing to measure; npm run node -- up --engine qemu',
    );
  }
  return planned;
}

function newRun({ path }: RunDirectory, { lab, planName, scenario, reader, run }: RunRequest): PlannedRun {
  const planned = choosePlan(lab, planName, scenario);
  if (existsSync(path)) {
    throw new InputError(
      `${path} is there already; choose another --run, or continue it with --resume ${run}`,
    );
  }
  return { ...planned, reader: reader ?? 'scripted' };
}

function resumedRun(directory: RunDirectory, request: RunRequest): PlannedRun {
  const { lab, run } = request;
  if (!directory.exists()) throw new InputError(`--resume ${run}: ${directory.path} is no run`);
  const before = directory.plan();
  const { formatVersion = 1 } = before;
  if (formatVersion !== FORMAT_VERSION) {
    throw new InputError(
      `the run ${run} was begun by another version of the lab (format ${formatVersion}; this one has ${FORMAT_VERSION}), whose rules are not these; it can be reported, not continued: make a new run`,
    );
  }
  if (JSON.stringify(before.lab.guests) !== JSON.stringify(lab.guests)) {
    throw new InputError(`lab.yaml has other guests than the run ${run} had; it cannot be continued`);
  }
  const { planName, scenarios, reader = 'scripted' } = before;
  if (request.reader !== undefined && request.reader !== reader) {
    throw new InputError(
      `the run ${run} was begun with --reader ${reader}; it cannot be continued with another`,
    );
  }
  return { planName, scenarios, reader };
}
