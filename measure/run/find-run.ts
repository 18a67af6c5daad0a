import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { RawDataFault } from './raw-run';

/** The run's directory for a name or path; without one, the run whose plan was registered last. */
export function findRun(results: string, run: string | undefined): string {
  if (run !== undefined) return [join(results, run), resolve(run)].find(existsSync) ?? join(results, run);
  const plans = existsSync(results)
    ? readdirSync(results).filter((name) => existsSync(join(results, name, 'plan.json')))
    : [];
  const newest = plans
    .map((name) => readPlanTime(join(results, name)))
    .sort((a, b) => (a.registeredAt < b.registeredAt ? -1 : 1))
    .pop();
  if (newest === undefined) {
    throw new RawDataFault([`${results}: there is no run yet; "npm run measure" makes one`]);
  }
  return newest.directory;
}

function readPlanTime(directory: string): { directory: string; registeredAt: string } {
  const file = join(directory, 'plan.json');
  try {
    const plan: { registeredAt?: unknown } = JSON.parse(readFileSync(file, 'utf8'));
    return { directory, registeredAt: String(plan.registeredAt) };
  } catch (cause) {
    throw new RawDataFault([`${file}: ${(cause as Error).message}`]);
  }
}
