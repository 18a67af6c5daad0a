import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import {
  impossibleDestruction,
  impossibleLadder,
  impossibleSession,
  impossibleTrial,
  impossibleVisit,
} from './impossible-times';
import type {
  BenchmarkTrial,
  DestroyedGuest,
  Environment,
  LoadLadder,
  QosSession,
  ResourceVisit,
  RunPlan,
} from './raw-data';
import { RecordFiles } from './record-files';
import { trialRecord } from './records/benchmark';
import { destroyedRecord, environmentRecord } from './records/environment';
import { ladderRecord } from './records/ladder';
import { formatFault, planRecord } from './records/plan';
import { sessionRecord } from './records/session';
import { visitRecord } from './records/visit';

/** A raw file that is missing or not what measure/run/raw-data.ts says; the message names every fault with file and field. */
export class RawDataFault extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The raw data cannot be analysed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'RawDataFault';
  }
}

/** All of a run's raw data but the captures, which are streamed when they are analysed. */
export interface RawRun {
  readonly directory: string;
  readonly plan: RunPlan;
  readonly environment: Environment;
  readonly visits: readonly ResourceVisit[];
  /** The file of each visit by its number, relative to the run's directory. */
  readonly visitFiles: ReadonlyMap<number, string>;
  /** Empty where the lab was kept, and in older runs. */
  readonly destroyed: readonly DestroyedGuest[];
  readonly sessions: readonly { readonly directory: string; readonly session: QosSession }[];
  /** With the file of each, relative to the run's directory. */
  readonly ladders: readonly { readonly file: string; readonly ladder: LoadLadder }[];
  readonly trials: readonly { readonly file: string; readonly trial: BenchmarkTrial }[];
  /** Records with impossible times, which are in none of the above: the file and what is impossible. */
  readonly impossible: readonly string[];
}

/** A run of which something may still be missing, and what is wrong with its files, each with file and field. */
export interface UnfinishedRun extends Omit<RawRun, 'plan' | 'environment'> {
  readonly plan: RunPlan | null;
  readonly environment: Environment | null;
  readonly faults: readonly string[];
}

/** Reads and checks everything before anything is analysed; all faults of all files are in one error. */
export function readRawRun(directory: string, files = new RecordFiles()): RawRun {
  const { faults, plan, environment, ...run } = readUnfinishedRun(directory, files);
  if (faults.length > 0 || plan === null || environment === null) throw new RawDataFault(faults);
  return { ...run, plan, environment };
}

/** The same of a run that is being made. Throws RawDataFault where there is none, or one of a newer format. */
export function readUnfinishedRun(directory: string, files = new RecordFiles()): UnfinishedRun {
  const faults: string[] = [];
  const impossible: string[] = [];
  const read = <T>(
    path: string,
    schema: z.ZodType<T>,
    impossibleTimes: (record: T) => string | null = () => null,
  ): T | null => {
    const found = files.read(join(directory, path), schema, impossibleTimes);
    if (found.impossible !== null) impossible.push(`${path}: ${noFigures(found.impossible)}`);
    faults.push(...found.faults);
    return found.record;
  };

  if (!existsSync(directory)) throw new RawDataFault([`${directory}: there is no such run`]);
  const plan = read('plan.json', planRecord);
  const newer = plan && formatFault(plan);
  if (newer) throw new RawDataFault([`${join(directory, 'plan.json')}: ${newer}`]);
  const environment = read('raw/environment.json', environmentRecord);
  const sessions = list(join(directory, 'raw/qos'))
    .filter((name) => existsSync(join(directory, 'raw/qos', name, 'session.json')))
    .map((name) => {
      const session = read(join('raw/qos', name, 'session.json'), sessionRecord, impossibleSession);
      return session && { directory: join(directory, 'raw/qos', name), session };
    });
  const possible = (guest: DestroyedGuest): DestroyedGuest => {
    const finding = impossibleDestruction(guest);
    if (finding === null) return guest;
    impossible.push(`raw/destroy.json, ${guest.guest}: ${noFigures(finding)}`);
    return { ...guest, startedAt: null, endedAt: null };
  };
  const destroyed = existsSync(join(directory, 'raw/destroy.json'))
    ? (read('raw/destroy.json', destroyedRecord) ?? []).map(possible)
    : [];
  const filesOf = <T>(folder: string, schema: z.ZodType<T>, check?: (record: T) => string | null) =>
    list(join(directory, folder))
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        const file = `${folder}/${name}`;
        const content = read(file, schema, check);
        return content === null ? [] : [{ file, content }];
      });
  const visits = filesOf('raw/resources', visitRecord, impossibleVisit).map(({ file, content: visit }) => ({
    file,
    visit,
  }));
  const ladders = filesOf('raw/load', ladderRecord, impossibleLadder).map(({ file, content: ladder }) => ({
    file,
    ladder,
  }));
  const trials = filesOf('raw/benchmarks', trialRecord, impossibleTrial).map(({ file, content: trial }) => ({
    file,
    trial,
  }));
  return {
    directory,
    plan,
    environment,
    visits: visits.map(({ visit }) => visit),
    visitFiles: new Map(visits.map(({ file, visit }) => [visit.visit, file])),
    destroyed,
    sessions: sessions.filter((session) => session !== null),
    ladders,
    trials,
    impossible,
    faults,
  };
}

function noFigures(finding: string): string {
  return `impossible times, so that it gives no figure: ${finding}`;
}

/** Sorted, so that the result does not depend on the file system. */
function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}
