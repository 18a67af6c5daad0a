import type { CounterSample, ResourceVisit, RunPlan } from '../../run/raw-data';
import { partSamples, type Sample } from '../figures/sample';
import { guestFigures, nodeFigures } from '../figures/visit-figures';

/** Behind the names of what was sampled while a level settled, so that nobody takes it for the level. */
export const settling = ', settling';
const shownOfSettling = ['node cpu', 'memory used', 'load average 1 min'];

/** Every sample of every visit, with rates between neighbours; of the settling what the charts over time show. */
export function resourceSamples(visits: readonly ResourceVisit[], plan: RunPlan): Sample[] {
  return visits.flatMap((visit) => {
    const rows =
      (time: number, part = '') =>
      (metric: string, value: number | null, unit: string): Sample => ({
        scenario: 'resources',
        group: `level ${visit.level}`,
        repetition: visit.visit,
        part,
        metric,
        value,
        unit,
        time,
      });
    const reading = (sample: CounterSample, index: number, all: readonly CounterSample[]) => ({
      before: all[index - 1],
      sample,
      constants: visit,
    });
    const before = (visit.settlingSamples ?? []).map(reading).flatMap((each) =>
      partSamples(nodeFigures, each, rows(each.sample.time))
        .filter(({ metric }) => shownOfSettling.includes(metric))
        .map((row) => ({ ...row, metric: `${row.metric}${settling}` })),
    );
    const sampled = visit.samples
      .map(reading)
      .flatMap((each) => [
        ...partSamples(nodeFigures, each, rows(each.sample.time)),
        ...each.sample.guests.flatMap((guest) =>
          partSamples(guestFigures, { ...each, guest }, rows(each.sample.time, guestName(plan, guest.vmid))),
        ),
      ]);
    return [...before, ...sampled];
  });
}

function guestName(plan: RunPlan, vmid: number): string {
  return plan.lab.guests.find((guest) => guest.vmid === vmid)?.name ?? `vmid ${vmid}`;
}
