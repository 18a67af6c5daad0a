import type { Summary } from '../../analyse/summary';
import type { Block } from '../document/document';
import { distribution, labelled } from '../document/format';

const watts = { unit: 'W', factor: 1 };

/** Power of the CPU packages, shared out to the guests; nothing where the plan does not ask for it. */
export function energyBlocks({ plan, resources, label }: Summary): Block[] {
  if (!plan.plan.resources?.energy) return [];
  if (resources.levels.every(({ packageWatts }) => packageWatts === null)) {
    return [
      {
        kind: 'text',
        text: 'Energy: not available. The node has no counters of its CPU packages (RAPL, /sys/class/powercap), as where it is a virtual machine itself.',
      },
    ];
  }
  return [
    {
      kind: 'table',
      title: labelled('Power of the CPU packages (RAPL), and of it the guests’ share', label),
      head: ['Running guests', 'CPU packages', 'Guests, by their CPU time'],
      rows: resources.levels.map(({ level, visits, packageWatts, guests }) => [
        String(level),
        packageWatts === null ? 'not available' : distribution(packageWatts, watts, visits),
        guests
          .map((guest) =>
            guest.packageWatts === null
              ? `${guest.guest}: not available`
              : `${guest.guest}: ${distribution(guest.packageWatts, watts, visits)}`,
          )
          .join('; ') || '—',
      ]),
    },
    {
      kind: 'text',
      text: 'A guest’s share is that of its process in all CPU time in which the node was not idle; what the packages take when idle is shared out with it, since the counters do not tell one from the other. Memory, disks and the power supply are not in it.',
    },
  ];
}
