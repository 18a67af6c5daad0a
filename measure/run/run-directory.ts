import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Lock, lockHolder, takeLock } from '../../machine/lock';
import { writeWholeFile } from '../../machine/whole-file';
import { impossibleLadder, impossibleSession, impossibleTrial, impossibleVisit } from './impossible-times';
import type { BenchmarkTrial, Environment, LoadLadder, QosSession, ResourceVisit, RunPlan } from './raw-data';
import { ladderNames, sessionNames, trialNames, visitNames } from './run-plan';

/** Where one run keeps its plan and raw data (layout in raw-data.ts). Every file is whole or absent, at any moment. */
export class RunDirectory {
  constructor(readonly path: string) {}

  exists(): boolean {
    return existsSync(this.planFile);
  }

  /** Throws if the directory holds a run already: raw data is never written over. */
  async create(plan: RunPlan, labFile: string): Promise<void> {
    if (existsSync(this.path) && readdirSync(this.path).length > 0) {
      throw new Error(`${this.path} holds a run already; choose another --run, or continue it with --resume`);
    }
    const copy = join(this.path, 'raw', 'lab.yaml');
    mkdirSync(dirname(copy), { recursive: true });
    await writeWholeFile(copy, labFile);
    // Last, as it makes the directory a run.
    await write(this.planFile, plan);
  }

  plan(): RunPlan {
    try {
      return JSON.parse(readFileSync(this.planFile, 'utf8')) as RunPlan;
    } catch (error) {
      throw new Error(`${this.planFile} cannot be read; is ${this.path} a run?`, { cause: error });
    }
  }

  /** Says that the run is being measured, for as long as this process lives. Throws LockedError where another one does so. */
  async claim(): Promise<Lock> {
    return takeLock(this.path, 'a measurement');
  }

  /** Whether a process of this machine measures it right now. */
  isBeingMeasured(): boolean {
    return lockHolder(this.path) !== undefined;
  }

  async saveEnvironment(environment: Environment): Promise<void> {
    await write(join(this.path, 'raw', 'environment.json'), environment);
  }

  /** Returns the fault that it was saved with: its own, or what of its times is impossible. So do the next two. */
  async saveVisit(name: string, visit: ResourceVisit): Promise<string | null> {
    return save(this.visitFile(name), visit, impossibleVisit);
  }

  /** Made on demand; captures go into it while the session runs, session.json makes it whole. */
  sessionDirectory(name: string): string {
    const path = join(this.path, 'raw', 'qos', name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  async saveSession(name: string, session: QosSession): Promise<string | null> {
    return save(join(this.sessionDirectory(name), 'session.json'), session, impossibleSession);
  }

  async saveLadder(name: string, ladder: LoadLadder): Promise<string | null> {
    return save(this.ladderFile(name), ladder, impossibleLadder);
  }

  async saveTrial(name: string, trial: BenchmarkTrial): Promise<void> {
    await write(this.trialFile(name), trial);
  }

  /** Whether a visit was made without a fault; a resumed run makes all others again. */
  hasVisit(name: string): boolean {
    return faultless(this.visitFile(name), impossibleVisit);
  }

  hasSession(name: string): boolean {
    return faultless(this.sessionFile(name), impossibleSession);
  }

  hasLadder(name: string): boolean {
    return faultless(this.ladderFile(name), impossibleLadder);
  }

  hasTrial(name: string): boolean {
    return faultless(this.trialFile(name), impossibleTrial);
  }

  /** The visits to a level so far that ended without a fault. Nothing else is read: a rule of precision asks after each. */
  visitsOf(plan: RunPlan, level: number): readonly ResourceVisit[] {
    const names = visitNames(plan).filter((visit) => visit.level === level && this.hasVisit(visit.name));
    return names.map(({ name }) => read<ResourceVisit>(this.visitFile(name)));
  }

  sessionsOf(plan: RunPlan, guest: string): readonly QosSession[] {
    const names = sessionNames(plan).filter(
      (session) => session.guest === guest && this.hasSession(session.name),
    );
    return names.map(({ name }) => read<QosSession>(this.sessionFile(name)));
  }

  laddersOf(plan: RunPlan, guest: string): readonly LoadLadder[] {
    const names = ladderNames(plan).filter((ladder) => ladder.guest === guest && this.hasLadder(ladder.name));
    return names.map(({ name }) => read<LoadLadder>(this.ladderFile(name)));
  }

  /** What is there without a fault. */
  contents(): {
    readonly visits: number;
    readonly sessions: number;
    readonly ladders: number;
    readonly trials: number;
    readonly missingApplications: RunPlan['missingApplications'];
  } {
    if (!this.exists()) return { visits: 0, sessions: 0, ladders: 0, trials: 0, missingApplications: [] };
    const plan = this.plan();
    return {
      visits: visitNames(plan).filter(({ name }) => this.hasVisit(name)).length,
      sessions: sessionNames(plan).filter(({ name }) => this.hasSession(name)).length,
      ladders: ladderNames(plan).filter(({ name }) => this.hasLadder(name)).length,
      trials: trialNames(plan).filter(({ name }) => this.hasTrial(name)).length,
      missingApplications: plan.missingApplications,
    };
  }

  private get planFile(): string {
    return join(this.path, 'plan.json');
  }

  private visitFile(name: string): string {
    return join(this.path, 'raw', 'resources', `${name}.json`);
  }

  private sessionFile(name: string): string {
    return join(this.path, 'raw', 'qos', name, 'session.json');
  }

  private ladderFile(name: string): string {
    return join(this.path, 'raw', 'load', `${name}.json`);
  }

  private trialFile(name: string): string {
    return join(this.path, 'raw', 'benchmarks', `${name}.json`);
  }
}

/**
 * A file that a full disk or a power cut has left broken is as good as absent, and so is one with impossible times: it
 * gives no figure.
 */
function faultless<R extends { readonly fault: string | null }>(
  file: string,
  impossible: (record: R) => string | null,
): boolean {
  if (!existsSync(file)) return false;
  try {
    const record = read<R>(file);
    return record.fault === null && impossible(record) === null;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

async function save<R extends { readonly fault: string | null }>(
  file: string,
  record: R,
  impossible: (record: R) => string | null,
): Promise<string | null> {
  const finding = record.fault === null ? impossible(record) : null;
  const fault = finding === null ? record.fault : `impossible times: ${finding}`;
  await write(file, { ...record, fault });
  return fault;
}

/** A file that this class has written itself. */
function read<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

async function write(file: string, value: unknown): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  await writeWholeFile(file, `${JSON.stringify(value, null, 1)}\n`);
}
