import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import type {
  BenchmarkTrial,
  DestroyedGuest,
  Environment,
  LoadLadder,
  QosSession,
  ResourceVisit,
  RunPlan,
} from './raw-data';
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
}

/** Reads and checks everything before anything is analysed; all faults of all files are in one error. */
export function readRawRun(directory: string): RawRun {
  const faults: string[] = [];
  const read = <T>(path: string, schema: z.ZodType<T>): T | null => {
    const file = join(directory, path);
    try {
      const result = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
      if (result.success) return result.data;
      for (const issue of result.error.issues) {
        faults.push(`${file}: ${issue.path.join('.') || 'the file as a whole'}: ${issue.message}`);
      }
    } catch (error) {
      const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      faults.push(`${file}: ${missing ? 'the file is missing' : (error as Error).message}`);
    }
    return null;
  };

  if (!existsSync(directory)) throw new RawDataFault([`${directory}: there is no such run`]);
  const plan = read('plan.json', planRecord);
  const newer = plan && formatFault(plan);
  if (newer) throw new RawDataFault([`${join(directory, 'plan.json')}: ${newer}`]);
  const environment = read('raw/environment.json', environmentRecord);
  const sessions = list(join(directory, 'raw/qos'))
    .filter((name) => existsSync(join(directory, 'raw/qos', name, 'session.json')))
    .map((name) => {
      const session = read(join('raw/qos', name, 'session.json'), sessionRecord);
      return session && { directory: join(directory, 'raw/qos', name), session };
    });
  const destroyed = existsSync(join(directory, 'raw/destroy.json'))
    ? read('raw/destroy.json', destroyedRecord)
    : [];
  const filesOf = <T>(folder: string, schema: z.ZodType<T>) =>
    list(join(directory, folder))
      .filter((name) => name.endsWith('.json'))
      .flatMap((name) => {
        const file = `${folder}/${name}`;
        const content = read(file, schema);
        return content === null ? [] : [{ file, content }];
      });
  const visits = filesOf('raw/resources', visitRecord).map(({ file, content: visit }) => ({ file, visit }));
  const ladders = filesOf('raw/load', ladderRecord).map(({ file, content: ladder }) => ({ file, ladder }));
  const trials = filesOf('raw/benchmarks', trialRecord).map(({ file, content: trial }) => ({ file, trial }));
  if (faults.length > 0 || plan === null || environment === null) throw new RawDataFault(faults);
  return {
    directory,
    plan,
    environment,
    visits: visits.map(({ visit }) => visit),
    visitFiles: new Map(visits.map(({ file, visit }) => [visit.visit, file])),
    destroyed: destroyed ?? [],
    sessions: sessions.filter((session) => session !== null),
    ladders,
    trials,
  };
}

/** Sorted, so that the result does not depend on the file system. */
function list(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).sort() : [];
}
