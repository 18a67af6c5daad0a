import type { ResourceVisit, RunPlan } from '../../run/raw-data';
import type { Sample } from '../figures/sample';
import { guestCpuPercent, nodeCpuPercent, pressurePercent } from './counters';

/** Behind the names of what was sampled while a level settled, so that nobody takes it for the level. */
export const settling = ', settling';

/** Every sample of every visit, with rates between neighbours; of the settling what the charts over time show. */
export function resourceSamples(visits: readonly ResourceVisit[], plan: RunPlan): Sample[] {
  return visits.flatMap((visit) => {
    const rows =
      (time: number) =>
      (metric: string, value: number | null, unit: string, part = ''): Sample => ({
        scenario: 'resources',
        group: `level ${visit.level}`,
        repetition: visit.visit,
        part,
        metric,
        value,
        unit,
        time,
      });
    const before = (visit.settlingSamples ?? []).flatMap((sample, index, all): Sample[] => {
      const row = rows(sample.time);
      const last = all[index - 1];
      return [
        row(`node cpu${settling}`, last ? nodeCpuPercent(last, sample, visit) : null, '%'),
        row(`memory used${settling}`, sample.memoryTotalBytes - sample.memoryAvailableBytes, 'B'),
        row(`load average 1 min${settling}`, sample.loadAverage[0], '1'),
      ];
    });
    const sampled = visit.samples.flatMap((sample, index): Sample[] => {
      const before = visit.samples[index - 1];
      const pressure = before ? pressurePercent(before, sample) : null;
      const row = rows(sample.time);
      return [
        row('node cpu', before ? nodeCpuPercent(before, sample, visit) : null, '%'),
        row('memory used', sample.memoryTotalBytes - sample.memoryAvailableBytes, 'B'),
        row('load average 1 min', sample.loadAverage[0], '1'),
        row('load average 5 min', sample.loadAverage[1], '1'),
        row('load average 15 min', sample.loadAverage[2], '1'),
        row('root disk used', sample.rootUsedBytes, 'B'),
        row('memory shared by KSM', sample.ksmSharedBytes, 'B'),
        row('pressure cpu', pressure?.cpu ?? null, '%'),
        row('pressure memory', pressure?.memory ?? null, '%'),
        row('pressure io', pressure?.io ?? null, '%'),
        ...sample.guests.flatMap((guest) => [
          row('resident memory', guest.residentBytes, 'B', guestName(plan, guest.vmid)),
          row(
            'guest cpu',
            before ? guestCpuPercent(before, sample, guest.vmid, visit.ticksPerSecond) : null,
            '%',
            guestName(plan, guest.vmid),
          ),
        ]),
      ];
    });
    return [...before, ...sampled];
  });
}

function guestName(plan: RunPlan, vmid: number): string {
  return plan.lab.guests.find((guest) => guest.vmid === vmid)?.name ?? `vmid ${vmid}`;
}
