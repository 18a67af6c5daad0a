import { type Fields, fields, list } from './written';
import type { Fault } from './yaml-file';

/** As measure/analyse/statistics/median-interval.ts has it, with the reason; a test holds both together. */
const earliestLook = 6;

/** Requests in a step of load: with fewer no percentile says anything, with more no raw file is handy. */
const requestsPerStep = { fewest: 5, most: 100_000 };

/** Rules between the fields of plans, and what plans need of the rest. */
export function planFaults(lab: Fields): readonly Fault[] {
  const clients = list(lab.clients).length;
  const faults: Fault[] = [];
  if (lab.plans !== undefined && Object.keys(fields(lab.plans)).length === 0) {
    faults.push({ path: ['plans'], message: 'needs at least one plan' });
  }
  for (const [name, plan] of Object.entries(fields(lab.plans))) {
    const wanted = fields(fields(plan).qos).clients;
    if (typeof wanted === 'number' && wanted > clients) {
      const message = `${wanted} clients are to browse at once, but only ${clients} are declared under clients`;
      faults.push({ path: ['plans', name, 'qos', 'clients'], message });
    }
    const { settleSeconds, settleAtLeastSeconds } = fields(fields(plan).resources);
    if (
      typeof settleSeconds === 'number' &&
      typeof settleAtLeastSeconds === 'number' &&
      settleAtLeastSeconds > settleSeconds
    ) {
      const message = `${settleAtLeastSeconds} s are more than the longest wait, settleSeconds: ${settleSeconds}`;
      faults.push({ path: ['plans', name, 'resources', 'settleAtLeastSeconds'], message });
    }
    for (const [scenario, most] of [
      ['resources', 'blocks'],
      ['qos', 'sessions'],
    ] as const) {
      const settings = fields(fields(plan)[scenario]);
      const count = settings[most];
      if (settings.precision !== undefined && typeof count === 'number' && count <= earliestLook) {
        const message = `${count} ${most} leave nothing to stop: precision is asked from ${earliestLook} on, so it needs more`;
        faults.push({ path: ['plans', name, scenario, 'precision'], message });
      }
    }
    faults.push(...loadFaults(fields(fields(plan).load), ['plans', name, 'load', 'rates']));
  }
  return faults;
}

function loadFaults(load: Fields, path: Fault['path']): readonly Fault[] {
  const { first, factor, steps } = fields(load.rates);
  const { stepSeconds } = load;
  if (typeof first !== 'number' || typeof stepSeconds !== 'number') return [];
  const { fewest, most } = requestsPerStep;
  const faults: Fault[] = [];
  if (first * stepSeconds < fewest) {
    const message = `${first} requests/s for ${stepSeconds} s are fewer than ${fewest} requests, which say nothing`;
    faults.push({ path: [...path, 'first'], message });
  }
  if (typeof factor !== 'number' || typeof steps !== 'number') return faults;
  const last = first * factor ** (steps - 1);
  if (last * stepSeconds > most) {
    const message = `the last of ${steps} steps would send ${last.toPrecision(3)} requests/s for ${stepSeconds} s, more than ${most} requests`;
    faults.push({ path: [...path, 'steps'], message });
  }
  return faults;
}
