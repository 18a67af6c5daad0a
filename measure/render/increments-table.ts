import type { Increment } from '../analyse/increments';
import type { Distribution } from '../analyse/statistics';
import type { Summary } from '../analyse/summary';
import type { Block } from './document';
import { distribution, labelled, scales } from './format';

const points = { unit: 'points', factor: 1 };

/** What each further guest adds, and in words how far that is more than chance. */
export function incrementBlocks({ resources, label }: Summary): Block[] {
  const { increments } = resources;
  if (increments.length === 0) return [];
  const step = ({ from, to }: Increment): string => `from ${from} to ${to}`;
  const told = (name: string, pick: (increment: Increment) => Distribution | null): string => {
    const known = increments.flatMap((increment) => {
      const interval = pick(increment)?.interval;
      return interval ? [{ increment, interval }] : [];
    });
    if (known.length === 0)
      return `${name}: too few blocks for an interval, so no step can be told from chance.`;
    const above = known.filter(({ interval: [low, high] }) => low > 0 || high < 0);
    const within = known.filter((one) => !above.includes(one));
    return [
      `${name}:`,
      ...(above.length > 0 ? [`the step ${listed(above)} shows, its interval leaves 0 out;`] : []),
      ...(within.length > 0
        ? [`the step ${listed(within)} cannot be told from none, its interval holds 0;`]
        : []),
    ]
      .join(' ')
      .replace(/;$/, '.');
  };
  const listed = (those: readonly { increment: Increment }[]): string =>
    those.map(({ increment }) => step(increment)).join(', ');
  return [
    {
      kind: 'table',
      title: labelled('What each step adds: differences within blocks', label),
      head: ['Running guests', 'n', 'Memory used', 'CPU, percentage points of all', 'Remarks'],
      rows: increments.map((increment) => {
        const n = Math.max(increment.memoryUsedBytes?.n ?? 0, increment.cpuPoints?.n ?? 0);
        const { disturbedBlocks } = increment;
        return [
          step(increment),
          String(n),
          distribution(increment.memoryUsedBytes, scales.mebibytes, n),
          distribution(increment.cpuPoints, points, n),
          disturbedBlocks > 0 ? `${disturbedBlocks} of ${n} with a disturbed visit` : '—',
        ];
      }),
    },
    {
      kind: 'text',
      text: [
        told('Memory', ({ memoryUsedBytes }) => memoryUsedBytes),
        told('CPU', ({ cpuPoints }) => cpuPoints),
      ].join(' '),
    },
  ];
}
