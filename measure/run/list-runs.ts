import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunPlan } from './raw-data';
import { RawDataFault, type RawRun, readRawRun } from './raw-run';
import { planRecord } from './records/plan';
import { RunDirectory } from './run-directory';

/** A directory under results/, whatever is in it. */
export interface ListedRun {
  /** Name of the directory, by which every command takes it. */
  readonly name: string;
  readonly directory: string;
  /** Null = it is missing or broken. */
  readonly plan: RunPlan | null;
  /** Null = it cannot be read, for these reasons. */
  readonly raw: RawRun | null;
  readonly reasons: readonly string[];
  readonly isBeingMeasured: boolean;
  /** Of all files in it. */
  readonly bytes: number;
}

/** Every directory under `results`, the newest first and those without a plan last; one that cannot be read stops no other. */
export function listRuns(results: string): readonly ListedRun[] {
  if (!existsSync(results)) return [];
  const time = ({ plan }: ListedRun): string => plan?.registeredAt ?? '';
  return readdirSync(results, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => listedRun(results, name))
    .sort((a, b) => compare(time(b), time(a)) || compare(a.name, b.name));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function listedRun(results: string, name: string): ListedRun {
  const directory = join(results, name);
  const common = {
    name,
    directory,
    plan: readPlan(directory),
    isBeingMeasured: new RunDirectory(directory).isBeingMeasured(),
    bytes: bytesOf(directory),
  };
  try {
    return { ...common, raw: readRawRun(directory), reasons: [] };
  } catch (error) {
    const reasons = error instanceof RawDataFault ? error.faults : [(error as Error).message];
    return { ...common, raw: null, reasons: reasons.map((reason) => reason.replace(`${directory}/`, '')) };
  }
}

function readPlan(directory: string): RunPlan | null {
  try {
    return planRecord.parse(JSON.parse(readFileSync(join(directory, 'plan.json'), 'utf8')));
  } catch {
    return null; // why, readRawRun says
  }
}

/** What goes away while it is looked at, as files of a running measurement do, counts for nothing. */
function bytesOf(path: string): number {
  const status = lstatSync(path, { throwIfNoEntry: false });
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.size;
  try {
    return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
  } catch {
    return 0;
  }
}
